import type { Inventory } from "@companyos/inventory";
import { counter, gauge, setLargest } from "@companyos/service";
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
    const left = Array.from(
      inventory.tenants(),
      ({ metadata, status }) => [metadata.name, status?.rollout?.left ?? 0] as const,
    );
    setLargest(
      this,
      "tenant",
      left.filter(([, count]) => count > 0),
    );
  });
  return { rolled: counter(registry, "residency_workloads_rolled_total") };
}
