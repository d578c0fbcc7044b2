/** Tenant + the policies that select it + Regions → what is in force. The most restrictive wins. */
import type { RegionPin } from "@companyos/crds";
import { canonicalJson, sha256Digest } from "./canonical.ts";
import { type LabelSelector, matchLabelSelector } from "./selector.ts";
import type { Mode, Plan } from "./types.ts";

interface Metadata {
  readonly name?: string | undefined;
  readonly uid?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

/** What the compiler reads of a Tenant. */
export interface PlanTenant {
  readonly metadata?: Metadata | undefined;
  readonly spec: { readonly homeRegion: string; readonly regions?: readonly string[] | undefined };
  /** `homeRegion`: the last one that took effect, as the operator wrote it down. */
  readonly status?: { readonly homeRegion?: string | undefined } | undefined;
}

/** What the compiler reads of a ResidencyPolicy. */
export interface PlanPolicy {
  readonly metadata?: Metadata | undefined;
  readonly spec: {
    readonly tenantSelector?: LabelSelector | undefined;
    readonly allowed: {
      readonly regions?: readonly string[] | undefined;
      readonly jurisdictions?: readonly string[] | undefined;
    };
    readonly mode?: Mode | undefined;
  };
}

/** What the compiler reads of a Region. */
export interface PlanRegion {
  readonly metadata?: Metadata | undefined;
  readonly spec: {
    readonly jurisdiction: string;
    readonly nodes?: { readonly pinnedBy?: RegionPin | undefined } | undefined;
  };
}

export type PlanProblemCode =
  | "REGION_UNREGISTERED"
  | "JURISDICTION_WITHOUT_REGION"
  | "SELECTOR_INVALID"
  | "HOME_REGION_OUTSIDE_PLAN"
  | "PLAN_EMPTY"
  /** Given by whoever could not compile one: the compiler throws. */
  | "PLAN_MISSING";

/** Something the people who own the Tenant or the policy should hear about. The plan stays safe regardless. */
export interface PlanProblem {
  readonly code: PlanProblemCode;
  /** `Tenant/acme` or `ResidencyPolicy/eu-only`. */
  readonly source: string;
  readonly message: string;
}

const strictness: Readonly<Record<Mode, number>> = { Audit: 0, Warn: 1, Enforce: 2 };

/**
 * Compiles one tenant's plan. Pure: the same objects in any order give the same plan and digest.
 *
 * - regions: the tenant's own (default: its home region) ∩ every matching policy's (regions ∪ regions of its jurisdictions);
 * - mode: the strictest of the matching policies, `Enforce` when none matches;
 * - an unregistered region is reported and never allowed; a selector that cannot be read selects (the safe side);
 * - the home is the one the tenant asks for if there is such a Region, else the last one that took effect.
 */
export function compilePlan(sources: {
  readonly tenant: PlanTenant;
  readonly policies: Iterable<PlanPolicy>;
  readonly regions: Iterable<PlanRegion>;
}): { plan: Plan; problems: PlanProblem[] } {
  const { tenant } = sources;
  const name = tenant.metadata?.name ?? "";
  const self = `Tenant/${name}`;
  const known = [...sources.regions];
  const jurisdictions = new Map(
    known.map((region) => [region.metadata?.name ?? "", region.spec.jurisdiction]),
  );
  const problems: PlanProblem[] = [];
  const registered = (regions: Iterable<string>, source: string): Set<string> => {
    const found = new Set<string>();
    for (const region of new Set(regions)) {
      if (jurisdictions.has(region)) found.add(region);
      else
        problems.push(
          problem(
            "REGION_UNREGISTERED",
            source,
            `names ${region}, but there is no Region of that name; it is not allowed until there is`,
          ),
        );
    }
    return found;
  };

  const requested = tenant.spec.homeRegion;
  const homeRegion = jurisdictions.has(requested) ? requested : (tenant.status?.homeRegion ?? requested);
  const declared = tenant.spec.regions?.length ? tenant.spec.regions : [requested];
  let regions = registered(declared, self);
  const matching: PlanPolicy[] = [];
  for (const policy of sources.policies) {
    const source = policySource(policy);
    const matches = matchLabelSelector(policy.spec.tenantSelector, tenant.metadata?.labels);
    if (matches === false) continue;
    if (matches === "invalid")
      problems.push(
        problem(
          "SELECTOR_INVALID",
          source,
          "has a tenantSelector that cannot be read; it selects every tenant until it is corrected",
        ),
      );
    matching.push(policy);
    const allowed = registered(policy.spec.allowed.regions ?? [], source);
    for (const jurisdiction of policy.spec.allowed.jurisdictions ?? []) {
      const members = [...jurisdictions].filter(([, where]) => where === jurisdiction);
      if (members.length === 0)
        problems.push(
          problem(
            "JURISDICTION_WITHOUT_REGION",
            source,
            `names jurisdiction ${jurisdiction}, but no Region belongs to it`,
          ),
        );
      for (const [region] of members) allowed.add(region);
    }
    regions = new Set([...regions].filter((region) => allowed.has(region)));
  }

  const effective = [...regions].sort();
  const policies = [...new Set(matching.map((policy) => policy.metadata?.name ?? ""))].sort();
  if (effective.length === 0)
    problems.push(
      problem(
        "PLAN_EMPTY",
        self,
        `may run nowhere: its regions ${list(declared)} and what ${policies.length ? `the policies ${list(policies)} allow` : "is registered"} have none in common`,
      ),
    );
  else if (!regions.has(requested))
    problems.push(
      problem(
        "HOME_REGION_OUTSIDE_PLAN",
        self,
        jurisdictions.has(requested)
          ? `has home region ${requested}, where it may not run; its receipts are still kept there`
          : `has home region ${requested}, of which there is no Region; it is not its home until there is`,
      ),
    );

  const topologyPinned = known
    .filter(({ spec }) => spec.nodes?.pinnedBy === "Topology")
    .map((region) => region.metadata?.name ?? "")
    .filter((region) => regions.has(region))
    .sort();
  const content = {
    tenant: name,
    uid: tenant.metadata?.uid ?? "",
    homeRegion,
    ...(homeRegion === requested ? {} : { requestedHome: requested }),
    regions: effective,
    ...(topologyPinned.length === 0 ? {} : { topologyPinned }),
    mode: strictest(matching),
    policies,
  };
  problems.sort(
    (a, b) => compare(a.source, b.source) || compare(a.code, b.code) || compare(a.message, b.message),
  );
  return { plan: { ...content, digest: sha256Digest(canonicalJson(content)) }, problems };
}

function strictest(policies: readonly PlanPolicy[]): Mode {
  if (policies.length === 0) return "Enforce";
  return policies
    .map((policy): Mode => policy.spec.mode ?? "Enforce")
    .reduce((a, b) => (strictness[b] > strictness[a] ? b : a));
}

function problem(code: PlanProblemCode, source: string, what: string): PlanProblem {
  return { code, source, message: `${source} ${what}` };
}

function policySource(policy: PlanPolicy): string {
  return `ResidencyPolicy/${policy.metadata?.name ?? ""}`;
}

function list(names: readonly string[]): string {
  return [...names].sort().join(", ");
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
