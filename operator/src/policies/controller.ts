import { fieldManager } from "@companyos/crds";
import { runController, watchSource } from "@companyos/kube";
import { sameStatus } from "../conditions.ts";
import type { ControllerContext, RunningController } from "../context.ts";
import { planSource, topologySource } from "../plan-source.ts";
import { settled } from "../settled.ts";
import { applyStatus } from "../write-status.ts";
import { policyStatus } from "./status.ts";

/** Says in each ResidencyPolicy's status what it applies to. */
export function startPolicies(context: ControllerContext): RunningController {
  const { kube, inventory, clock } = context;
  const policies = inventory.reflectors.policies;
  const names = () => policies.store.keys();

  return runController({
    name: "policies",
    log: context.log,
    registry: context.registry,
    clock,
    sources: [
      watchSource(policies),
      // Plans come by the hundred when a policy changes: one status for all of them.
      settled(
        planSource(
          inventory,
          ({ plan, old }) => new Set([...(plan?.policies ?? []), ...(old?.policies ?? [])]),
        ),
        clock,
      ),
      settled(topologySource(inventory, names), clock),
    ],
    async reconcile(name) {
      await context.timed(async () => {
        const policy = policies.store.get(name);
        if (!policy || policy.metadata.deletionTimestamp) return;
        const status = policyStatus({
          policy,
          plans: inventory.plans(),
          regions: inventory.regionFacts(),
          now: clock.now(),
        });
        if (sameStatus(policy.status, status)) return;
        await applyStatus(kube, policies.resource, fieldManager("policies"), policy, status);
      });
      return undefined;
    },
  });
}
