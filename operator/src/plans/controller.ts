import { runController } from "@companyos/kube";
import type { Logger } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext, RunningController } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import { planSource } from "../plan-source.ts";
import { announcePlans } from "./announce.ts";
import { recordedPlan } from "./event.ts";
import { openPlans } from "./owed.ts";
import { changed, homesOf, lastPlan } from "./remember.ts";

/** Tenants remembered: above, those that are gone and whose end no log took go, the first first. */
const maxTenants = 100_000;

/**
 * Leaves a receipt for every change of a tenant's plan, with what was in force before and after. Compares with
 * what it recorded last, so a change made while no operator ran is found at the next start.
 */
export async function startPlans(context: ControllerContext): Promise<RunningController> {
  const { inventory, clock } = context;
  const recorded = await openPlans(context.ledgers, context.cluster);
  const names = new Map<string, string>();
  const isHome = homeRegions(context);
  const announce = announcePlans(context);

  const controller = runController({
    name: "plans",
    log: context.log,
    registry: context.registry,
    clock,
    sources: [
      planSource(inventory, ({ tenant, plan, old }) => {
        if (plan) names.set(plan.uid, tenant);
        return [plan?.uid, old?.uid].filter((uid) => uid !== undefined);
      }),
      {
        whenSynced: (signal) => inventory.whenSynced(signal),
        subscribe(enqueue) {
          for (const [uid] of recorded.entries()) enqueue(uid);
          return () => {};
        },
      },
    ],
    async reconcile(uid, { log }) {
      await look(uid, log);
      await recorded.send(uid);
      if (!recorded.get(uid)) names.delete(uid);
      return undefined;
    },
  });

  async function look(uid: string, log: Logger): Promise<void> {
    const known = recorded.get(uid);
    const before = lastPlan(known);
    const plan = context.inForce(planOf(uid));
    if (!plan && before && inventory.tenant(before.tenant)?.metadata.uid === uid) return;
    const after = plan && recordedPlan(plan);
    if (before?.digest === after?.digest && before?.mode === after?.mode) return;

    for (const region of homesOf([before, after], isHome))
      if (!context.logs.has(region))
        log.warn("a change of plan waits: its region has no notary", { uid, region });
    const at = clock.now();
    const draw = () => uuidv7(at);
    await recorded.change(uid, (known) => changed(known, after, { isHome, at, draw }));
    const tenant = after && inventory.tenant(after.tenant);
    if (before && after && tenant) announce(tenant, before, after);
    await recorded.forget(maxTenants, (plan) => plan.gone === true);
  }

  function planOf(uid: string) {
    const plan = inventory.plan(names.get(uid) ?? recorded.get(uid)?.tenant ?? "");
    return plan?.uid === uid ? plan : undefined;
  }

  return { name: "plans", stop: () => controller.stop() };
}
