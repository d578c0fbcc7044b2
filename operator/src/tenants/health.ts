import { isAnybody, isNobody, isStranger, type TenantOwner } from "@companyos/crds";
import { fewOf, type Plan, type PlanProblem } from "@companyos/policies";
import type { Health } from "../conditions.ts";
import { mostPolicies } from "./status.ts";

/** How a tenant is of whose footprint the API server finds an object invalid. @param message the API server's. Pure. */
export function invalidFootprint(message: string): Health {
  const [, field = "what it is made of"] =
    Object.entries(fields).find(([kind]) => message.includes(kind)) ?? [];
  const what = `the API server takes an object or refuses it whole, so nothing of ${field} is in force but what an earlier spec put there`;
  return {
    state: "Stalled",
    reason: "FootprintInvalid",
    message: `the API server finds what this Tenant asks for invalid; ${what}; all else is as it should be: ${message}`,
  };
}

/** Where a kind's content comes from. */
const fields = { ResourceQuota: "spec.quota", LimitRange: "spec.limits" } as const;

/** How a tenant is whose footprint is complete. `logs`: regions that have a notary; `isHome`: home-regions.ts. Pure. */
export function provisioned(
  plan: Plan,
  problems: readonly PlanProblem[],
  logs: ReadonlySet<string>,
  isHome: (region: string) => boolean,
  owners: readonly TenantOwner[] = [],
): Health {
  if (plan.regions.length === 0) {
    const by = plan.policies.length > 0 ? ` (policies: ${fewOf(plan.policies, mostPolicies)})` : "";
    const others = problems.filter(({ code }) => code !== "PLAN_EMPTY").map(({ message }) => message);
    const why = others.length > 0 ? `; ${fewOf(others, mostPolicies, "; ")}` : "";
    const message = `no region is allowed for this tenant${by}: every placement is refused${why}`;
    return { state: "Stalled", reason: "NoRegionAllowed", message };
  }
  if (plan.requestedHome !== undefined) {
    const message = `there is no Region ${plan.requestedHome}, so it does not become the tenant's home: receipts go on to ${plan.homeRegion}, the last home that took effect. Correct spec.homeRegion, or apply the Region`;
    return { state: "Stalled", reason: "HomeRegionUnknown", message };
  }
  if (!isHome(plan.homeRegion)) {
    const message = `there is no Region ${plan.homeRegion}, and the tenant never had a home: what is refused now is only counted, until its home is a Region with a notary. Correct spec.homeRegion, or apply the Region`;
    return { state: "Stalled", reason: "HomeRegionUnknown", message };
  }
  if (!logs.has(plan.homeRegion)) {
    const message = `the footprint is complete and the plan in force, but home region ${plan.homeRegion} has no notary: neither refusals nor placements leave receipts; refusals are counted, for when it has one. Add it to companyos.residency.regions of the chart`;
    return { state: "Stalled", reason: "NoNotary", message };
  }
  const strangers = owners.filter(isStranger);
  if (strangers.length > 0) {
    const message = `the footprint is complete and the plan in force, but spec.owners names ${namesOf(strangers)}: whoever reaches the API server, without signing in. It gets no rights; take it out`;
    return { state: "Stalled", reason: "OwnerIsAnybody", message };
  }
  const nobody = owners.filter(isNobody);
  if (nobody.length > 0) {
    const message = `the footprint is complete and the plan in force, but spec.owners names ${namesOf(nobody)}, and nobody can be called so: a ServiceAccount has its own name and its namespace beside it. It gets no rights, the others have theirs; correct it`;
    return { state: "Stalled", reason: "OwnerIsNobody", message };
  }
  const anybody = owners.filter(isAnybody);
  const wide =
    anybody.length > 0 ? `; its owners are also all of ${namesOf(anybody)}, which is nobody's own group` : "";
  // A policy that was pruned is missed where people look for what became of the tenant.
  const why = plan.policies.length === 0 && plan.mode === "Enforce" ? "; no policy selects it: Enforce" : "";
  const message = `the footprint is complete; regions in force: ${plan.regions.join(", ")}${why}${wide}`;
  return { state: "Ready", reason: "Provisioned", message };
}

function namesOf(owners: readonly TenantOwner[]): string {
  const names = owners.map(({ name }) => (name.trim() === "" ? JSON.stringify(name) : name));
  return fewOf([...new Set(names)], 3);
}
