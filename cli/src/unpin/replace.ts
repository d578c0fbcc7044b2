import { isConflict, isForbidden, isInvalid, isNotFound, type KubeClient } from "@companyos/kube";
import { isRight, pinPatch, type Workload } from "@companyos/operator/rollouts";
import type { Item } from "./item.ts";
import { idOf } from "./pinned.ts";

const pollMs = 500;
const manager = "companyos-unpin";

/** Takes the pin out of one workload's template and waits until its controller has replaced the pods, or until `until`. */
export async function unpinOne(client: KubeClient, workload: Workload, until: number): Promise<Item> {
  const { kind, object } = workload;
  const { name = "", namespace } = object.metadata;
  const id = idOf(kind.resource.kind, object.metadata);
  try {
    for (;;) {
      const live = await client.get(kind.resource, name, { namespace });
      if (!isRight(live, kind.path, undefined)) {
        await change({ kind, object: live });
        continue;
      }
      const { moved, holds } = kind.progress(live);
      if (moved) return { ...id, state: "unpinned" };
      if (holds) return { ...id, state: "replacing", code: "NOT_REPLACED", message: holds.message };
      if (performance.now() >= until) {
        const message =
          "its template is free of the pin, but its pods are not all replaced yet: kubectl rollout status says why";
        return { ...id, state: "replacing", code: "NOT_REPLACED", message };
      }
      await new Promise((resolve) => setTimeout(resolve, pollMs));
    }
  } catch (error) {
    if (isNotFound(error)) return { ...id, state: "unpinned" };
    if (!isForbidden(error) && !isInvalid(error)) throw error;
    return { ...id, state: "remains", code: "REFUSED", message: (error as Error).message };
  }

  async function change({ kind, object }: Workload): Promise<void> {
    const patch = pinPatch(object, kind.path, undefined);
    try {
      const seen = await client.patch(kind.resource, name, "merge", patch, {
        namespace,
        fieldManager: manager,
      });
      if (!isRight(seen, kind.path, undefined))
        throw new Error(
          `${kind.resource.kind} ${namespace}/${name}: the pin is back at once: its namespace is in mode Enforce, or was a moment ago. Run this again`,
        );
    } catch (error) {
      // The operator does the same, or its author changed it: look again.
      if (!isConflict(error)) throw error;
    }
  }
}
