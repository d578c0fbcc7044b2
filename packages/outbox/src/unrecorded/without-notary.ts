/**
 * Where responses are made up for that were given under a home region without a notary: one whose notary is still to come, or
 * what is no region, of a tenant that never had a home. In the tenant's chain as soon as its home has a notary. When the
 * tenant is gone, in the own chain of a log here, without the tenant: no region but its home may have its name. They are
 * then nobody's that this log knows, and have a reason of their own.
 */

import { withoutHomeReason } from "@companyos/receipts";
import type { RegionQueue } from "../region-queue.ts";
import type { Destination, Tenant } from "./destination.ts";
import type { Tenants } from "./tenants.ts";

/** `regions`: those that have a notary. */
export function destinationWithoutNotary(
  regions: ReadonlyMap<string, { readonly queue: RegionQueue }>,
): (tenant: Tenant | undefined, tenants: Pick<Tenants, "find">) => Destination | undefined {
  const at = (region: string | undefined): Destination | undefined => {
    const queue = region === undefined ? undefined : regions.get(region)?.queue;
    return queue && { region: region as string, queue };
  };
  // The same one whenever it is asked: what it took is looked for where it was.
  const [first] = [...regions.keys()].sort();
  return (tenant, tenants) => {
    const known = tenant && tenants.find(tenant.uid);
    if (known === "later") return undefined;
    const home = at(known ? known.homeRegion : first);
    return home && (known ? { ...home, tenant } : { ...home, reason: withoutHomeReason });
  };
}
