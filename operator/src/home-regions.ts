import type { ControllerContext } from "./context.ts";

/**
 * Whether a region can be a tenant's home: it has a notary, so it may hold receipts, or it is registered and may get one.
 * Any other name, such as a typo, is no home: nothing is handed over to it, and nothing is owed to it.
 */
export function homeRegions({
  inventory,
  logs,
}: Pick<ControllerContext, "inventory" | "logs">): (region: string) => boolean {
  return (region) =>
    logs.has(region) || inventory.regions().some(({ metadata: { name } }) => name === region);
}
