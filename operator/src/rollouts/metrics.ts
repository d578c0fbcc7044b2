import type { Inventory } from "@companyos/inventory";
import { counter, gauge } from "@companyos/service";
import type { Registry } from "prom-client";

export function rolloutMetrics(
  registry: Registry,
  inventory: Pick<Inventory, "tenants">,
  tenantsWaiting: () => number,
) {
  gauge(registry, {
    name: "residency_tenants_waiting",
    help: "Tenants whose workloads wait until those of other tenants are replaced; the Tenant's status.rollout.place says where in line",
    collect() {
      this.set(tenantsWaiting());
    },
  });
  gauge(registry, {
    name: "residency_workloads_left",
    help: "Workloads that are not brought to their tenant's regions and mode yet; the Tenant's status.rollout names them",
    labelNames: ["tenant"],
    collect() {
      this.reset();
      for (const { metadata, status } of inventory.tenants())
        if (status?.rollout?.left) this.set({ tenant: metadata.name }, status.rollout.left);
    },
  });
  const rolled = counter(registry, {
    name: "residency_workloads_rolled_total",
    help: "Workloads whose template the operator changed, because the regions or the mode of their tenant changed",
    labelNames: ["kind"],
  });
  return { rolled };
}
