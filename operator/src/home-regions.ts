import type { ControllerContext } from "./context.ts";

/**
 * Whether a region can be a tenant's home: it has a notary, so receipts may be there, or is registered and may get one. A
 * name that is neither, a typo perhaps, never was anybody's home: nothing passes to it, and nothing is owed to it.
 */
export function homeRegions({
  inventory,
  logs,
}: Pick<ControllerContext, "inventory" | "logs">): (region: string) => boolean {
  return (region) =>
    logs.has(region) || inventory.regions().some(({ metadata: { name } }) => name === region);
}
