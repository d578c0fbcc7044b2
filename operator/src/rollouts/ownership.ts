/**
 * Whose fields of a template are in the eyes of server-side apply (KEP-555). Who writes a field owns it, and its author's next
 * apply is a conflict, though the two of them never disagreed. `nodeSelector` and required terms are atomic: owned whole.
 */
import { fieldManager } from "@companyos/crds";
import {
  findListed,
  isConflict,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type ManagedFieldsEntry,
} from "@companyos/kube";
import { type Path, unpinned } from "@companyos/policies";
import type { RolledKind } from "./kinds.ts";
import { podSpecOf } from "./template.ts";

export const unpinManager = "companyos-unpin";
/** Field managers of ours that write, or wrote, the pin in templates. */
export const pinManagers: readonly string[] = [fieldManager("rollout"), unpinManager];

const pinnedFields: readonly Path[] = [
  ["nodeSelector"],
  ["affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution"],
];
/** A status of the object that is written meanwhile makes another version of it. */
const mostTries = 10;

/** Entries of ours that own something of the template. Pure. */
export function takenOver({ metadata }: KubeObject, path: Path): ManagedFieldsEntry[] {
  return (metadata.managedFields ?? []).filter(
    ({ manager, fieldsV1 }) => pinManagers.includes(manager ?? "") && owns(fieldsV1, path),
  );
}

/**
 * The managedFields without our part of the template; undefined where we have none. A field that its author wrote too is given to
 * the one that applies the template, so that what is left out of the next apply goes. Where none or several do, nobody
 * owns it until the next apply. Pure.
 * @param path where the object with the pod's `spec` is
 */
export function givenBack(object: KubeObject, path: Path): ManagedFieldsEntry[] | undefined {
  const taken = takenOver(object, path);
  if (taken.length === 0) return undefined;
  const spec = [...path, "spec"];
  const entries = object.metadata.managedFields ?? [];
  const appliers = entries.filter(
    (entry) =>
      entry.operation === "Apply" &&
      !entry.subresource &&
      !pinManagers.includes(entry.manager ?? "") &&
      owns(entry.fieldsV1, spec),
  );
  const written = podSpecOf(unpinned(object, path) as KubeObject, path);
  const returned = pinnedFields
    .filter(
      (field) => field.reduce<KubeObject["spec"]>((inside, step) => inside?.[step], written) !== undefined,
    )
    .map((field) => [...spec, ...field])
    .filter((field) => taken.some(({ fieldsV1 }) => owns(fieldsV1, field)));
  const left = entries.flatMap((entry): ManagedFieldsEntry[] => {
    if (appliers.length === 1 && entry === appliers[0])
      return [{ ...entry, fieldsV1: returned.reduce<unknown>(withField, entry.fieldsV1) as object }];
    if (!taken.includes(entry)) return [entry];
    const { [`f:${path[0]}`]: _, ...rest } = entry.fieldsV1 as Record<string, unknown>;
    return Object.keys(rest).length > 0 ? [{ ...entry, fieldsV1: rest }] : [];
  });
  // An empty list would say nothing; a list of one empty entry says that nobody owns anything.
  return left.length > 0 ? left : [{} as ManagedFieldsEntry];
}

/**
 * Gives back what we own of one workload's template: no field of it changes, and no pod is replaced. Another release of ours
 * took it over, or the pin was taken out without the API server's policy.
 * @param stored as it was a moment ago, if that is known
 * @returns whether there was anything
 */
export async function giveBack(
  kube: KubeClient,
  kind: Pick<RolledKind, "resource" | "path">,
  { name = "", namespace }: KubeObject["metadata"],
  fieldManager: string,
  stored?: KubeObject,
): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      const live = (tries === 1 && stored) || (await findListed(kube, kind.resource, name, { namespace }));
      const managedFields = live && givenBack(live, kind.path);
      if (!managedFields) return tries > 1;
      const { uid, resourceVersion } = live.metadata;
      const patch = { metadata: { uid, resourceVersion, managedFields } };
      await kube.patch(kind.resource, name, "merge", patch, { namespace, fieldManager });
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      if (!isConflict(error) || tries === mostTries) throw error;
    }
  }
}

/** Whether an entry's `fieldsV1` names the field at the path, or something inside it. Pure. */
export function owns(fields: unknown, path: Path): boolean {
  let inside = fields;
  for (const step of path) {
    if (typeof inside !== "object" || inside === null || !Object.hasOwn(inside, `f:${step}`)) return false;
    inside = (inside as Record<string, unknown>)[`f:${step}`];
  }
  return true;
}

function withField(fields: unknown, [step, ...rest]: Path): unknown {
  if (step === undefined) return fields ?? {};
  const inside = (fields ?? {}) as Record<string, unknown>;
  return { ...inside, [`f:${step}`]: withField(inside[`f:${step}`], rest) };
}
