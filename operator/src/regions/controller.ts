import { fieldManager, type Region, regionFinalizer } from "@companyos/crds";
import { tenantsIn } from "@companyos/inventory";
import { runController, watchSource } from "@companyos/kube";
import { sameStatus } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { nodesVouched } from "../nodes/condition.ts";
import { ignoringOvertaken } from "../overtaken.ts";
import { inNamespace } from "../owners-events.ts";
import { planSource, topologySource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { applyStatus } from "../write-status.ts";
import { inUseNote, regionStatus } from "./status.ts";

/**
 * Says in each Region's status how many nodes count as it and what is the matter with it, and keeps one that is deleted in
 * force until no Tenant uses it.
 */
export function startRegions(context: ControllerContext): RunningController {
  const { kube, inventory, clock } = context;
  const regions = inventory.reflectors.regions;
  /** Whose end waits for Tenants. */
  const leaving = () =>
    [...regions.store.values()]
      .filter(({ metadata }) => metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name);

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
      settled(planSource(inventory, leaving), clock),
    ],
    async reconcile(name, { log }) {
      await context.timed(async () => {
        const region = regions.store.get(name);
        if (!region) return;
        const isLeaving = Boolean(region.metadata.deletionTimestamp);
        const tenants = isLeaving ? tenantsIn(inventory, name) : [];
        if (isLeaving && tenants.length === 0) {
          await hold(region, false);
          log.info("region is not in use any more and may go", { region: name });
          return;
        }
        if (!isLeaving) await hold(region, true);
        await report(region, tenants);
      });
      return undefined;
    },
  });

  /** Keeps the Region from going, or lets it go; nothing is written where that is so already. */
  async function hold(region: Region, held: boolean): Promise<void> {
    const { name, resourceVersion } = region.metadata;
    const finalizers = region.metadata.finalizers ?? [];
    if (finalizers.includes(regionFinalizer) === held) return;
    const others = finalizers.filter((one) => one !== regionFinalizer);
    const metadata = { resourceVersion, finalizers: held ? [...others, regionFinalizer] : others };
    // A version that is newer brings the Region back.
    await ignoringOvertaken(
      kube.patch(regions.resource, name, "merge", { metadata }, { fieldManager: fieldManager("regions") }),
    );
  }

  async function report(region: Region, tenants: readonly string[]): Promise<void> {
    const { name } = region.metadata;
    const { namespace } = context;
    let nodes = 0;
    for (const node of inventory.nodes().values()) if (node.region === name) nodes += 1;
    const now = clock.now();
    const vouched = nodesVouched({
      region,
      regions: inventory.regions(),
      nodes: inventory.nodes().values(),
      announced: (node) => context.nodeMap.isAnnounced(node),
      docs: context.docs,
      now,
    });
    const status = regionStatus({
      region,
      regions: inventory.regions(),
      nodes,
      tenants,
      namespace,
      vouched,
      now,
    });
    if (sameStatus(region.status, status)) return;
    await applyStatus(kube, regions.resource, fieldManager("regions"), region, status);
    const ready = (of: Region["status"]) => of?.conditions?.find(({ type }) => type === "Ready");
    const told = ready(status)!;
    if (ready(region.status)?.reason === told.reason) return;
    const type = status.conditions?.some((one) => one.type === "Stalled" && one.status === "True")
      ? "Warning"
      : "Normal";
    context.events.record(region, { type, reason: told.reason, note: told.message });
    if (tenants.length === 0) return;
    context.events.record(inNamespace(region, namespace), {
      type,
      reason: told.reason,
      note: inUseNote(tenants),
    });
  }
}
