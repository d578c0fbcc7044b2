import { maxWaitingMessage } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { cutTo, fewOf, ownRegions } from "@companyos/policies";
import type { Held } from "./due.ts";
import { podSpecOf } from "./template.ts";
import { makerOf } from "./workload.ts";

const shown = 5;

/** Why a pod that waits for a node will never get one. Pure. */
export function podHeld(pod: KubeObject, regions: readonly string[]): Held | undefined {
  const named = [...new Set(ownRegions(podSpecOf(pod, [])).map(({ region }) => region))];
  if (named.length === 0 || named.some((region) => regions.includes(region))) return undefined;
  const maker = makerOf(pod);
  const message = `it waits for a node in ${fewOf(named, shown)}, where the tenant may not run: a pod keeps its pin; delete it, and ${maker ? `${maker.kind} ${maker.name} makes` : "make"} another, which is pinned anew`;
  return { reason: "PinnedElsewhere", message: cutTo(message, maxWaitingMessage), given: true };
}
