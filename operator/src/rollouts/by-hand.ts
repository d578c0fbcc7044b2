/** Workloads that keep their pods whatever becomes of the template, until somebody deletes them. */
import { maxWaitingMessage } from "@companyos/crds";
import { pooled } from "@companyos/kube";
import { cutTo } from "@companyos/policies";
import type { Abroad, FoundAbroad } from "./abroad.ts";
import type { Held, Standing } from "./due.ts";
import { isKeeping, nameOf, type Workload } from "./workload.ts";

const atOnce = 4;
/** Characters: a name has up to 253, and a sentence goes before. */
const mostOfNames = 600;

/**
 * The same standings, where those whose templates are as they should be say which of their pods are not: a workload is there
 * once its pods are.
 */
export function byHand(
  abroad: Abroad,
  standings: readonly Standing[],
  regions: readonly string[],
): Promise<Standing[]> {
  return pooled(standings, atOnce, async (standing) => {
    const { workload, is, held } = standing;
    const isOnDelete = held?.reason === onDelete;
    if (is === "due" || (held && !isOnDelete)) return standing;
    if (!isKeeping(workload) || workload.object.spec?.selector === undefined) return standing;
    const found = await abroad.of(workload, regions);
    if (found.pods > 0) return { ...standing, is: "rolling", held: deletedByHand(workload, found) };
    // Pods of the template before are no matter where they run inside.
    return isOnDelete ? { ...standing, is: "moved", held: undefined } : standing;
  });
}

/** What its progress says of one whose update strategy it is. */
const onDelete = "OnDelete";

/** Pure. */
export function deletedByHand(workload: Workload, { pods, names }: FoundAbroad): Held {
  const { kind, namespace } = nameOf(workload);
  const why =
    workload.object.spec?.updateStrategy?.type === "OnDelete"
      ? "its update strategy is OnDelete"
      : `a ${kind} keeps its pods`;
  const about = `${why}, and ${pods} of them run outside of the regions, or wait for a node there, until somebody deletes them; new ones are pinned: kubectl delete pod -n ${namespace}`;
  // Cut, it would name a pod that there is not.
  const fit = names.filter((_, i) => names.slice(0, i + 1).join(" ").length <= mostOfNames);
  const rest = pods > fit.length ? ` (the first ${fit.length}; then the next)` : "";
  const message = `${about} ${fit.join(" ")}${rest}`;
  return { reason: onDelete, message: cutTo(message, maxWaitingMessage), given: true };
}
