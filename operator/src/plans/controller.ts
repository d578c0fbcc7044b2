import { join } from "node:path";
import { type Logger, runController } from "@companyos/kube";
import { uuidv7 } from "@companyos/notary/outbox";
import type { ControllerContext, RunningController } from "../context.ts";
import { eachOwed } from "../owed.ts";
import { planSource } from "../plan-source.ts";
import { openRemembered } from "../remembered.ts";
import { planChanged, recordedPlan } from "./event.ts";
import { changed, crossedOff, lastPlan, mostOwed, type RememberedPlan } from "./remember.ts";

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

    // A tenant that moves its home leaves the change in both logs: the old one shows where it went.
    const regions = new Set<string>();
    for (const plan of [before, after])
      if (plan && context.logs.has(plan.homeRegion)) regions.add(plan.homeRegion);
    // Not remembered as recorded: it will be, once there is a notary.
    if (regions.size === 0) return;
    const at = clock.now();
    if ((known?.owed?.length ?? 0) + regions.size > mostOwed)
      log.error("a tenant's oldest changes of plan are given up: too many wait", { uid, most: mostOwed });
    await recorded.set(uid, changed(known, { before, after }, { regions, at, draw: () => uuidv7(at) }));
  }

  async function send(uid: string): Promise<void> {
    const owed = (recorded.get(uid)?.owed ?? []).filter(({ region }) => context.logs.has(region));
    await eachOwed(owed, async ({ region, rid, at, before: was, after: is }) => {
      const [before, after] = [was ?? undefined, is ?? undefined];
      const tenant = { name: (after ?? before)!.tenant, uid };
      await outbox.append(
        planChanged({ rid, at, cluster, region, tenant, policyDigest: null, before, after }),
      );
      await recorded.set(uid, crossedOff(recorded.get(uid)!, rid));
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
