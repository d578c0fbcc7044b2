import type { Inventory, PlanChange } from "@companyos/inventory";
import type { ControllerSource } from "@companyos/kube";

/** Plans as a source of keys for a controller. */
export function planSource(
  inventory: Inventory,
  keys: (change: PlanChange) => Iterable<string>,
): ControllerSource {
  return {
    whenSynced: (signal) => inventory.whenSynced(signal),
    subscribe: (enqueue) =>
      inventory.onPlanChange((change) => {
        for (const key of keys(change)) enqueue(key);
      }),
  };
}

/** Regions and nodes as a source of keys: every key of `keys` comes back when any of them changes. */
export function topologySource(inventory: Inventory, keys: () => Iterable<string>): ControllerSource {
  return {
    whenSynced: (signal) => inventory.whenSynced(signal),
    subscribe: (enqueue) =>
      inventory.onTopologyChange(() => {
        for (const key of keys()) enqueue(key);
      }),
  };
}
