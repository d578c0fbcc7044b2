export { type FileProblem, inventoryFromFiles } from "./files.ts";
export { tenantsIn } from "./in-use.ts";
export type { Inventory, Lookup, PlanChange } from "./inventory.ts";
export { claimedRegion, claimsNode, vouchedRegion } from "./node-regions.ts";
export { publishedAuthorities } from "./published-authorities.ts";
export { residencyResources } from "./resources.ts";
export { createInventory, type InventoryReflectors, type WatchedInventoryOptions } from "./watched.ts";
