import { keyOf, runController, watchSource } from "@companyos/kube";
import type { ControllerContext, RunningController } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import { planSource, topologySource } from "../plan-source.ts";
import { openHomes } from "./owed.ts";
import { recordHome } from "./record.ts";
import { writeHome } from "./written-home.ts";

/**
 * Tells both logs when a tenant's name passes from one to the other: its home moved, or it was deleted and made again
 * elsewhere; and writes down which home is in effect. A half whose region has no notary waits for one.
 */
export async function startHandovers(context: ControllerContext): Promise<RunningController> {
  const { kube, inventory, clock, logs } = context;
  const { tenants } = inventory.reflectors;
  const homes = await openHomes(context.ledgers, context.cluster);
  const exists = (name: string) => inventory.tenant(name) !== undefined;
  const isHome = homeRegions(context);
  /** Tenants whose home is no region that there is. */
  const astray = new Set<string>();

  const controller = runController({
    name: "handovers",
    log: context.log,
    registry: context.registry,
    clock,
    concurrency: 4,
    sources: [
      planSource(inventory, ({ tenant }) => [tenant]),
      topologySource(inventory, () => astray),
      // Somebody took away what is written in its status.
      watchSource(
        tenants,
        (tenant) => [keyOf(tenant)],
        (now, old) => now.status?.homeRegion !== old.status?.homeRegion,
      ),
    ],
    async reconcile(name, { log }) {
      // Receipts go where the plan says, so the plan's home counts. Without a plan, or with a home that does not exist,
      // nothing is handed over: the previous home is the last one that can have receipts.
      const plan = inventory.plan(name);
      const moved = plan !== undefined && isHome(plan.homeRegion);
      if (plan && !moved) astray.add(name);
      else astray.delete(name);
      if (moved) {
        const seen = { uid: plan.uid, region: plan.homeRegion };
        await recordHome(homes, name, seen, { logs, clock, log, exists });
      }
      // Neither do the logs wait for the API server, nor it for them.
      await homes.trySend(name);
      await writeHome({ kube, tenants: tenants.resource }, inventory.tenant(name), homes.get(name));
      return undefined;
    },
  });

  return { name: "handovers", stop: () => controller.stop() };
}
