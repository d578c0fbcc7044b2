import type { Inventory } from "@companyos/inventory";
import { counter, gauge } from "@companyos/service";
import type { Registry } from "prom-client";

export function rolloutMetrics(
  registry: Registry,
  inventory: Pick<Inventory, "tenants">,
  tenantsWaiting: () => number,
) {
  gauge(registry, "residency_tenants_waiting", function () {
    this.set(tenantsWaiting());
  });
  gauge(registry, "residency_workloads_left", function () {
    this.reset();
    for (const { metadata, status } of inventory.tenants())
      if (status?.rollout?.left) this.set({ tenant: metadata.name }, status.rollout.left);
  });
  return { rolled: counter(registry, "residency_workloads_rolled_total") };
}
