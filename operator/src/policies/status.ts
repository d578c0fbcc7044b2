import { joined, type ResidencyPolicy, type ResidencyPolicyStatus } from "@companyos/crds";
import type { Plan } from "@companyos/policies";
import { conditionsOf, type Health } from "../conditions.ts";

const maxNames = 1000;

/** What a policy applies to now, from the plans in force. Pure; `now` in milliseconds since the epoch. */
export function policyStatus(options: {
  policy: ResidencyPolicy;
  plans: Iterable<Plan>;
  regions: readonly { readonly name: string; readonly jurisdiction: string }[];
  now: number;
}): ResidencyPolicyStatus {
  const { policy, now } = options;
  const selected = [...options.plans].filter(({ policies }) => policies.includes(policy.metadata.name));
  const emptyTenants = selected.filter(({ regions }) => regions.length === 0).map(({ tenant }) => tenant);
  const generation = policy.metadata.generation ?? 0;
  const health = healthOf(policy, options.regions, emptyTenants);
  return {
    observedGeneration: generation,
    conditions: conditionsOf(health, { old: policy.status?.conditions, generation, now }),
    tenants: selected.length,
    ...joined("jurisdictionsText", policy.spec.allowed.jurisdictions),
    ...joined("regionsText", policy.spec.allowed.regions),
    emptyTenants: emptyTenants.sort().slice(0, maxNames),
  };
}

function healthOf(
  { spec }: ResidencyPolicy,
  regions: readonly { readonly name: string; readonly jurisdiction: string }[],
  emptyTenants: readonly string[],
): Health {
  const known = new Set(regions.map(({ name }) => name));
  const strangers = (spec.allowed.regions ?? []).filter((name) => !known.has(name));
  const populated = new Set(regions.map(({ jurisdiction }) => jurisdiction));
  const vacant = (spec.allowed.jurisdictions ?? []).filter((name) => !populated.has(name));
  const unknown = [...strangers, ...vacant.map((name) => `jurisdiction ${name}`)];
  if (unknown.length > 0) {
    const message = `no Region answers for ${unknown.join(", ")}; nothing is allowed there until one does`;
    return { state: "Stalled", reason: "RegionUnknown", message };
  }
  if (emptyTenants.length > 0) {
    const message = `in force; it leaves ${emptyTenants.length} tenant(s) without any region (status.emptyTenants)`;
    return { state: "Ready", reason: "InForceWithEmptyTenants", message };
  }
  return { state: "Ready", reason: "InForce", message: `in force, mode ${spec.mode}` };
}
