import type { Inventory } from "@companyos/inventory";
import { gauge } from "@companyos/service";
import type { Registry } from "prom-client";

/** Tenants by the status of their condition Ready: from a watch, nothing is asked for it. */
export function tellTenants(registry: Registry, inventory: Pick<Inventory, "tenants">): void {
  gauge(registry, "residency_tenants", function () {
    const counts = new Map<string, number>(["True", "False", "Unknown"].map((ready) => [ready, 0]));
    for (const { status } of inventory.tenants()) {
      const ready = status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "Unknown";
      counts.set(ready, (counts.get(ready) ?? 0) + 1);
    }
    for (const [ready, count] of counts) this.set({ ready }, count);
  });
}
