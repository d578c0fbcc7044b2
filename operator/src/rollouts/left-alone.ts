import { maxWaitingMessage } from "@companyos/crds";
import { pooled } from "@companyos/kube";
import { cutTo, isControlled } from "@companyos/policies";
import type { Abroad } from "./abroad.ts";
import type { Held, Standing } from "./due.ts";
import { rolledKindOf } from "./kinds.ts";
import { isRolled, makerOf, type Workload } from "./workload.ts";

const atOnce = 4;

/**
 * Whether another operator made it, so that its template is left alone: changed, it would be made anew. Its new pods are pinned
 * as they are created; those that are older than the rule it alone replaces. What a rolled kind made moves with that, and
 * kinds without a selector have no pods of their own. Pure.
 */
export function isLeftAlone({ kind, object }: Workload): boolean {
  if (isRolled(kind, object) || object.metadata.deletionTimestamp || !isControlled(object)) return false;
  return rolledKindOf(makerOf(object)) === undefined && object.spec?.selector !== undefined;
}

/** Those of workloads that are left alone of which pods run outside of the regions, and what to do. */
export async function leftAlone(
  abroad: Abroad,
  workloads: readonly Workload[],
  regions: readonly string[],
): Promise<Standing[]> {
  const found = await pooled(workloads, atOnce, async (workload): Promise<Standing[]> => {
    const { pods } = await abroad.of(workload, regions);
    return pods > 0 ? [{ workload, is: "rolling", held: heldBy(workload, pods) }] : [];
  });
  return found.flat();
}

function heldBy({ object }: Workload, abroad: number): Held {
  const maker = makerOf(object);
  const who = maker ? `${maker.kind} ${maker.name}` : "another controller";
  const message = `${who} made it, so its template is left alone; ${abroad} of its pods run outside of the regions: have ${maker ? maker.kind : "that"} replace them, or delete them, and the new ones are pinned as they are created`;
  return { reason: "MadeByController", message: cutTo(message, maxWaitingMessage), given: true };
}
