import type { Inventory } from "./inventory.ts";

/**
 * Names of the Tenants that live in a region, or are at home there, as their plans say; sorted. Of a Tenant without a plan
 * what it asks for counts. One that is being deleted counts until it is gone.
 */
export function tenantsIn(inventory: Pick<Inventory, "tenants" | "plan">, region: string): string[] {
  const names: string[] = [];
  for (const { metadata, spec } of inventory.tenants()) {
    const plan = inventory.plan(metadata.name);
    const uses = plan
      ? plan.homeRegion === region || plan.regions.includes(region)
      : spec.homeRegion === region || (spec.regions ?? []).includes(region);
    if (uses) names.push(metadata.name);
  }
  return names.sort();
}
