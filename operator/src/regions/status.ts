import type { Condition, Region, RegionStatus } from "@companyos/crds";
import { conditionsOf, type Health } from "../conditions.ts";

/** What stands in a region now. Pure; `now` in milliseconds since the epoch. `vouched`: condition NodesVouched. */
export function regionStatus(options: {
  region: Region;
  nodes: number;
  vouched: Condition;
  now: number;
}): RegionStatus {
  const { region, nodes, now } = options;
  const generation = region.metadata.generation ?? 0;
  const health: Health =
    nodes > 0
      ? { state: "Ready", reason: "HasNodes", message: `${nodes} node(s) count as this region` }
      : {
          state: "Stalled",
          reason: "NoNodes",
          message:
            "no node counts as this region: label nodes topology.kubernetes.io/region, or set spec.nodes; see condition NodesVouched",
        };
  return {
    observedGeneration: generation,
    nodes,
    conditions: [
      ...conditionsOf(health, { old: region.status?.conditions, generation, now }),
      options.vouched,
    ],
  };
}
