import { fieldManager, type Region } from "@companyos/crds";
import { runController, watchSource } from "@companyos/kube";
import { sameStatus } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { nodesVouched } from "../nodes/condition.ts";
import { topologySource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { regionStatus } from "./status.ts";

/** Says in each Region's status how many nodes count as it. */
export function startRegions(context: ControllerContext): RunningController {
  const { kube, inventory, clock } = context;
  const regions = inventory.reflectors.regions;

  return runController({
    name: "regions",
    log: context.log,
    registry: context.registry,
    clock,
    sources: [
      watchSource(regions),
      settled(
        topologySource(inventory, () => regions.store.keys()),
        clock,
      ),
    ],
    async reconcile(name) {
      await context.timed(async () => {
        const region = regions.store.get(name);
        if (!region || region.metadata.deletionTimestamp) return;
        let nodes = 0;
        for (const node of inventory.nodes().values()) if (node.region === name) nodes += 1;
        const now = clock.now();
        const vouched = nodesVouched({
          region,
          regions: inventory.regions(),
          nodes: inventory.nodes().values(),
          announced: (node) => context.nodeMap.isAnnounced(node),
          now,
        });
        const status = regionStatus({ region, nodes, vouched, now });
        if (sameStatus(region.status, status)) return;
        const { apiVersion, kind } = region;
        const object = { apiVersion, kind, metadata: { name }, status } as Region;
        await kube.apply(regions.resource, object, {
          fieldManager: fieldManager("regions"),
          subresource: "status",
        });
      });
      return undefined;
    },
  });
}
