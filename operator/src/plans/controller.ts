import { join } from "node:path";
import { runController } from "@companyos/kube";
import { uuidv7 } from "@companyos/notary/outbox";
import type { ControllerContext, RunningController } from "../context.ts";
import { planSource } from "../plan-source.ts";
import { openRemembered } from "../remembered.ts";
import { planChanged, type RecordedPlan, recordedPlan } from "./event.ts";

/**
 * Leaves a receipt for every change of a tenant's plan, with what was in force before and after. Compares with
 * what it recorded last, so a change made while no operator ran is found at the next start.
 */
export async function startPlans(context: ControllerContext): Promise<RunningController> {
  const { inventory, outbox, clock } = context;
  /** By uid: a tenant that was deleted and made again is another tenant. */
  const recorded = await openRemembered<RecordedPlan>(join(context.stateDir, "plans.jsonl"));
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
    async reconcile(uid) {
      const before = recorded.get(uid);
      const plan = context.inForce(planOf(uid));
      if (!plan && before && inventory.tenant(before.tenant)?.metadata.uid === uid) return undefined;
      const after = plan && recordedPlan(plan);
      const name = after?.tenant ?? before?.tenant;
      if (!name || (before?.digest === after?.digest && before?.mode === after?.mode)) return undefined;

      // A tenant that moves its home leaves the change in both logs: the old one shows where it went.
      const homes = new Set<string>();
      for (const plan of [before, after])
        if (plan && context.logs.has(plan.homeRegion)) homes.add(plan.homeRegion);
      // Not remembered as recorded: it will be, once there is a notary.
      if (homes.size === 0) return undefined;
      for (const region of homes) {
        const at = clock.now();
        await outbox.append(
          planChanged({
            rid: uuidv7(at),
            at,
            cluster: context.cluster,
            region,
            tenant: { name, uid },
            policyDigest: null,
            before,
            after,
          }),
        );
      }
      await recorded.set(uid, after);
      if (!after) names.delete(uid);
      return undefined;
    },
  });

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
