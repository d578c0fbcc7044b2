/**
 * Where answers are made up for that were given under a home region without a notary: a typo, or one that is still to come.
 * In the tenant's chain as soon as its home has a notary. When the tenant is gone, in the own chain of a log here, without
 * the tenant: no region but its home may have its name.
 */

import type { OutboxOptions } from "../outbox.ts";
import type { RegionQueue } from "../region-queue.ts";
import type { Destination, Tenant } from "./destination.ts";

/** `regions`: those that have a notary. */
export function elsewhere(
  regions: ReadonlyMap<string, { readonly queue: RegionQueue }>,
  tenants: OutboxOptions["tenants"],
): (tenant: Tenant | undefined) => Destination | undefined {
  const at = (region: string | undefined): Omit<Destination, "tenant"> | undefined => {
    const queue = region === undefined ? undefined : regions.get(region)?.queue;
    return queue && { region: region as string, queue };
  };
  // The same one whenever it is asked: what it took is looked for where it was.
  const [first] = [...regions.keys()].sort();
  return (tenant) => {
    if (tenant === undefined || tenants === undefined) return at(first);
    const all = tenants();
    if (all === undefined) return undefined;
    for (const { uid, homeRegion } of all)
      if (uid === tenant.uid) return at(homeRegion) && { ...at(homeRegion)!, tenant };
    return at(first);
  };
}
