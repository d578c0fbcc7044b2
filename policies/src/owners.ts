/** Whose an object is: somebody's who applied it, or a controller's, which makes it anew when it changes. */
import type { KubeObject } from "./types.ts";

/** Nobody has as many; a longer list is not gone through, and its object taken for a controller's. */
export const maxOwners = 100;

/** Whether a controller made the object. Its shape is not trusted. */
export function isControlled(object: KubeObject | null | undefined): boolean {
  const owners: unknown = object?.metadata?.ownerReferences;
  if (!Array.isArray(owners)) return false;
  return owners.length > maxOwners || owners.some((owner) => owner?.controller === true);
}
