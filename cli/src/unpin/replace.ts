import { labels } from "@companyos/crds";
import {
  isConflict,
  isForbidden,
  isInvalid,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import { giveBack, isRight, pinPatch, unpinManager, type Workload } from "@companyos/operator/rollouts";
import type { Item } from "./item.ts";
import { idOf } from "./pinned.ts";
import { writerOf, writtenBack } from "./written-back.ts";

const pollMs = 500;
const manager = unpinManager;
/** Each time that it is written back its pods are replaced twice, for nothing. */
const mostTaken = 3;
/** In a row. */
const mostFailures = 5;

/**
 * Takes the pin out of one workload's template and waits until its controller has replaced the pods, or until `until`, a time
 * of `performance.now()`. Never rejects: what went wrong is said of this workload, and the others go on.
 */
export async function unpinOne(client: KubeClient, workload: Workload, until: number): Promise<Item> {
  const { kind, object } = workload;
  const { name = "", namespace } = object.metadata;
  const id = idOf(kind.resource.kind, object.metadata);
  const isLate = () => performance.now() >= until;
  let taken = 0;
  let failures = 0;
  let last: "taken" | "pinned" | "overtaken" | undefined;
  for (;;) {
    try {
      const live = await client.get(kind.resource, name, { namespace });
      if (isRight(live, kind.path, undefined)) {
        const { moved, holds } = kind.progress(live);
        if (moved) return { ...id, state: "unpinned" };
        if (holds) return { ...id, state: "replacing", code: "NOT_REPLACED", message: holds.message };
        if (isLate()) return { ...id, state: "replacing", code: "NOT_REPLACED", message: notReplaced };
      } else if (taken === mostTaken || (last !== undefined && isLate())) {
        return { ...id, state: "remains", ...whyStill(live) };
      } else {
        last = await takeOut({ kind, object: live });
        if (last === "taken") taken++;
        if (last === "pinned" && (await isEnforced(client, namespace)))
          return { ...id, state: "remains", code: "ENFORCED", message: pinnedAgain };
      }
      failures = 0;
    } catch (error) {
      if (isNotFound(error)) return { ...id, state: "unpinned" };
      if (!passes(error) || ++failures === mostFailures || isLate()) {
        const code = isForbidden(error) || isInvalid(error) ? "REFUSED" : "FAILED";
        return { ...id, state: "remains", code, message: (error as Error).message };
      }
    }
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }

  /** `pinned`: the API server put it in again. `overtaken`: somebody changed it meanwhile, so nothing was written. */
  async function takeOut({ kind, object }: Workload): Promise<"taken" | "pinned" | "overtaken"> {
    const patch = pinPatch(object, kind.path, undefined);
    try {
      const seen = await client.patch(kind.resource, name, "merge", patch, {
        namespace,
        fieldManager: manager,
      });
      if (!isRight(seen, kind.path, undefined)) return "pinned";
      // Else its author's next server-side apply would be a conflict with us.
      await giveBack(client, kind, object.metadata, manager);
      return "taken";
    } catch (error) {
      if (!isConflict(error)) throw error;
      return "overtaken";
    }
  }

  function whyStill(live: KubeObject): Pick<Item, "code" | "message"> {
    return last === "pinned"
      ? { code: "ENFORCED", message: pinnedAgain }
      : { code: "WRITTEN_BACK", message: writtenBack(writerOf(live, kind.path, manager)) };
  }
}

/** What was free of the pin and bears it again. */
export function isBack({ kind, object }: Workload): Item {
  const message = writtenBack(writerOf(object, kind.path, manager));
  return { ...idOf(kind.resource.kind, object.metadata), state: "remains", code: "WRITTEN_BACK", message };
}

/** A mode that ended a moment ago is still in force in API servers for another. */
async function isEnforced(client: KubeClient, namespace: string | undefined): Promise<boolean> {
  const { metadata } = await client.get(resources.namespaces as Resource, namespace ?? "");
  return metadata.labels?.[labels.mode] === "Enforce";
}

/** An API server that is away, busy or broken may be well again in a moment. */
function passes(error: unknown): boolean {
  const { name, status } = error as { name?: unknown; status?: unknown };
  return (
    name === "KubeError" && typeof status === "number" && (status === 0 || status === 429 || status >= 500)
  );
}

const notReplaced =
  "its template is free of the pin, but its pods are not all replaced yet: kubectl rollout status says why";
const pinnedAgain =
  "the API server puts the pin in again: its namespace came to mode Enforce meanwhile. Run this again to see what ends that";
