/** Built-in kinds that are written in a group or version in which no API server has them. Pure. */
import { parseApiVersion } from "@companyos/kube";
import { type KubeObject, type PlacedKind, placedKinds } from "@companyos/policies";

/** Groups that are Kubernetes' own, so that nobody's CRD serves a kind in them: old homes of built-in kinds that make pods. */
const builtIn: ReadonlySet<string> = new Set(["", "apps", "batch", "extensions"]);

/** Why no API server takes it; undefined of every kind that is none of ours to know. */
export function retired({ apiVersion, kind }: Pick<KubeObject, "apiVersion" | "kind">): string | undefined {
  const { group } = parseApiVersion(String(apiVersion));
  if (!builtIn.has(group)) return undefined;
  const at = placedKinds.find((one) => one.kind === kind);
  if (at) return noSuch(String(apiVersion), at);
  // Its last kinds went with Kubernetes 1.22.
  return group === "extensions"
    ? `apiVersion: no API server has ${String(apiVersion)} any more, of no kind; kubectl api-resources shows where ${String(kind)} is`
    : undefined;
}

export function noSuch(apiVersion: string, { kind, group, versions }: PlacedKind): string {
  const served = versions.map((one) => (group ? `${group}/${one}` : one)).join(", ");
  return `apiVersion: no API server has ${kind} in ${apiVersion}; it is in ${served}`;
}
