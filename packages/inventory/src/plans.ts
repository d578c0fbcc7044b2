/** Tenants and policies, and the plans compiled from them; a change recompiles only the plans it can reach. */
import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import { compilePlan, matchLabelSelector, type Plan, type PlanProblem } from "@companyos/policies";
import type { PlanChange } from "./inventory.ts";

/** Tenants whose plan cannot be compiled, all because of the same. */
export interface Uncompiled {
  readonly tenants: readonly string[];
  readonly error: unknown;
}

export function createPlans(regions: () => readonly Region[]) {
  const tenants = new Map<string, Tenant>();
  const policies = new Map<string, ResidencyPolicy>();
  const plans = new Map<string, Plan>();
  const problems = new Map<string, readonly PlanProblem[]>();
  const dirty = new Set<string>();

  function touchSelected(policy: ResidencyPolicy): void {
    for (const [name, tenant] of tenants) {
      // A selector that cannot be read selects everybody, as in the compiler.
      const labels = tenant.metadata.labels ?? undefined;
      if (matchLabelSelector(policy.spec.tenantSelector, labels) !== false) dirty.add(name);
    }
  }

  function compile(name: string, failed: (error: unknown) => void): PlanChange | undefined {
    const tenant = tenants.get(name);
    const old = plans.get(name);
    const compiled = tenant && compileOne(tenant, policies.values(), regions(), failed);
    if (compiled) problems.set(name, compiled.problems);
    else problems.delete(name);
    const plan = compiled?.plan;
    if (plan?.digest === old?.digest) return undefined;
    if (plan) plans.set(name, plan);
    else plans.delete(name);
    return { tenant: name, plan, old };
  }

  return {
    tenants: tenants as ReadonlyMap<string, Tenant>,
    policies: policies as ReadonlyMap<string, ResidencyPolicy>,
    plans: plans as ReadonlyMap<string, Plan>,
    problems: (tenant: string): readonly PlanProblem[] => problems.get(tenant) ?? [],
    isDirty: () => dirty.size > 0,
    /** True when a plan may be another one now. */
    putTenant(tenant: Tenant): boolean {
      const { name } = tenant.metadata;
      const old = tenants.get(name);
      tenants.set(name, tenant);
      // Status is written often, and of it only the home in effect counts.
      if (old && planInputs(old) === planInputs(tenant)) return false;
      dirty.add(name);
      return true;
    },
    dropTenant(name: string): boolean {
      if (!tenants.delete(name)) return false;
      dirty.add(name);
      return true;
    },
    putPolicy(policy: ResidencyPolicy): boolean {
      const old = policies.get(policy.metadata.name);
      policies.set(policy.metadata.name, policy);
      if (old && JSON.stringify(old.spec) === JSON.stringify(policy.spec)) return false;
      if (old) touchSelected(old);
      touchSelected(policy);
      return true;
    },
    dropPolicy(name: string): boolean {
      const old = policies.get(name);
      if (old === undefined) return false;
      policies.delete(name);
      touchSelected(old);
      return true;
    },
    /** A Region appeared, went or changed: it may count in any plan. */
    touchAll(): void {
      for (const name of tenants.keys()) dirty.add(name);
    },
    /** Compiles what is dirty; says which plans are others now, and which cannot be made. */
    settle(): { readonly changes: PlanChange[]; readonly uncompiled: Uncompiled[] } {
      const changes: PlanChange[] = [];
      const failures: { readonly name: string; readonly error: unknown }[] = [];
      for (const name of dirty) {
        const change = compile(name, (error) => failures.push({ name, error }));
        if (change) changes.push(change);
      }
      dirty.clear();
      // One policy can be in the way of thousands.
      const alike = Map.groupBy(failures, ({ error }) => String(error)).values();
      const uncompiled = [...alike].map((those) => ({
        tenants: those.map(({ name }) => name),
        error: those[0]!.error,
      }));
      return { changes, uncompiled };
    },
  };
}

function compileOne(
  tenant: Tenant,
  policies: Iterable<ResidencyPolicy>,
  regions: readonly Region[],
  failed: (error: unknown) => void,
): { readonly plan?: Plan; readonly problems: readonly PlanProblem[] } {
  try {
    return compilePlan({
      tenant: { metadata: plainMeta(tenant), spec: tenant.spec, status: tenant.status },
      policies: [...policies].map((policy) => ({ metadata: plainMeta(policy), spec: policy.spec })),
      regions: regions.map((region) => ({ metadata: plainMeta(region), spec: region.spec })),
    });
  } catch (error) {
    // An object that its schema should have refused, or a mistake of ours; lookups give PLAN_MISSING, which blocks.
    failed(error);
    return { problems: [planMissing(tenant.metadata.name, error)] };
  }
}

function planMissing(name: string, error: unknown): PlanProblem {
  const source = `Tenant/${name}`;
  const why = error instanceof Error ? error.message : String(error);
  return {
    code: "PLAN_MISSING",
    source,
    message: `${source} has no plan, and every placement is refused: ${why}`,
  };
}

function plainMeta({ metadata }: Tenant | ResidencyPolicy | Region) {
  return { name: metadata.name, uid: metadata.uid, labels: metadata.labels ?? undefined };
}

function planInputs({ metadata, spec, status }: Tenant): string {
  return JSON.stringify([metadata.uid, metadata.labels, spec, status?.homeRegion]);
}
