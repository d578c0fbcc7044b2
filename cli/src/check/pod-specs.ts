import type { KubeObject } from "@companyos/policies";

/** Paths of what looks like a pod spec in an object of a kind that nobody knows, such as `spec.workers[0].template.spec`. */
export function podSpecsIn(object: KubeObject): string[] {
  const found: string[] = [];
  look(object, "");
  return found;

  function look(value: unknown, path: string): void {
    if (typeof value !== "object" || value === null) return;
    if (Array.isArray(value)) {
      for (const [i, item] of value.entries()) look(item, `${path}[${i}]`);
      return;
    }
    const members = value as Record<string, unknown>;
    if (path !== "" && Array.isArray(members.containers)) found.push(path);
    else
      for (const [key, member] of Object.entries(members)) look(member, path === "" ? key : `${path}.${key}`);
  }
}
