/** Input v1 of the policy: everything a decision needs, so that the policy's data stays empty and nothing accumulates. */
import type { DecideRequest } from "./request.ts";
import type { Placement } from "./types.ts";

/** What is known of an update before its placements are read. */
export interface Subject {
  readonly deleting: boolean;
  readonly changed: boolean;
}

/** The JSON that `policies/rego/residency.rego` takes; see there for its meaning. */
export function policyInput(
  request: DecideRequest,
  subject: Subject,
  placements: readonly Placement[],
): object {
  const { plan } = request;
  const resource = {
    group: request.group,
    resource: request.resource,
    subresource: request.subresource ?? "",
    operation: request.operation,
    deleting: subject.deleting,
    changed: subject.changed,
    placements,
  };
  if ("lookupError" in plan) return { version: "v1", lookup: { error: plan.lookupError }, resource };
  return {
    version: "v1",
    user: { tenant: plan.tenant, region: plan.homeRegion, regions: plan.regions },
    plan: { regions: plan.regions, mode: plan.mode },
    resource,
  };
}
