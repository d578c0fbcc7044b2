import { join } from "node:path";
import { runController } from "@companyos/kube";
import { uuidv7 } from "@companyos/outbox";
import type { Logger } from "@companyos/service";
import type { ControllerContext, RunningController } from "../context.ts";
import { homes } from "../homes.ts";
import { eachOwed, surplus } from "../owed.ts";
import { planSource } from "../plan-source.ts";
import { forgetFirst, openRemembered } from "../remembered.ts";
import { planChanged, recordedPlan } from "./event.ts";
import { changed, crossedOff, lastPlan, type RememberedPlan } from "./remember.ts";

/** Tenants remembered: above, those that are gone and whose end no log took go, the first first. */
const mostTenants = 100_000;

/**
 * Leaves a receipt for every change of a tenant's plan, with what was in force before and after. Compares with
 * what it recorded last, so a change made while no operator ran is found at the next start. What is owed to a log is
 * remembered before it is sent: trying again repeats nothing under another id, and one log does not wait for another.
 */
export async function startPlans(context: ControllerContext): Promise<RunningController> {
  const { inventory, outbox, clock, cluster } = context;
  /** By uid: a tenant that was deleted and made again is another tenant. */
  const recorded = await openRemembered<RememberedPlan>(join(context.stateDir, "plans.jsonl"));
  const names = new Map<string, string>();
  const isHome = homes(context);

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
      await send(uid);
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

    // A tenant that moves its home leaves the change in both logs: the old one shows where it went. A region without a
    // notary is owed it until it has one; what is no region, nothing.
    const regions = [...new Set([before, after].flatMap((plan) => (plan ? [plan.homeRegion] : [])))].filter(
      isHome,
    );
    for (const region of regions)
      if (!context.logs.has(region))
        log.warn("a change of plan waits: its region has no notary", { uid, region });
    const at = clock.now();
    await recorded.set(uid, changed(known, { before, after }, { regions, at, draw: () => uuidv7(at) }));
    context.giveUp(surplus(known?.owed, regions.length), { type: "policy.changed", log, of: uid });
    const forgotten = await forgetFirst(recorded, mostTenants, (plan) => plan.gone === true);
    for (const [of, { owed }] of forgotten)
      context.giveUp(owed?.length ?? 0, { type: "policy.changed", log, of });
  }

  async function send(uid: string): Promise<void> {
    const owed = (recorded.get(uid)?.owed ?? []).filter(({ region }) => context.logs.has(region));
    await eachOwed(owed, async ({ region, rid, at, before: was, after: is }) => {
      const [before, after] = [was ?? undefined, is ?? undefined];
      const tenant = { name: (after ?? before)!.tenant, uid };
      await outbox.append(
        planChanged({ rid, at, cluster, region, tenant, policyDigest: null, before, after }),
      );
      const known = recorded.get(uid);
      if (known) await recorded.set(uid, crossedOff(known, rid));
    });
    if (!recorded.get(uid)) names.delete(uid);
  }

  function planOf(uid: string) {
    const plan = inventory.plan(names.get(uid) ?? recorded.get(uid)?.tenant ?? "");
    return plan?.uid === uid ? plan : undefined;
  }

  return {
    name: "plans",
    async stop() {
      await controller.stop();
      await recorded.close();
    },
  };
}
