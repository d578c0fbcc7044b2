import type { Clock, Logger } from "@companyos/service";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { Homes } from "./owed.ts";
import { nextHome, type Place } from "./remember.ts";

/** Records that `name` stands for `seen` now. What is owed for that is durable when resolved, and not yet sent. */
export async function recordHome(
  homes: Homes,
  name: string,
  seen: Place,
  options: {
    /** Regions that have a notary. */
    readonly logs: ReadonlySet<string>;
    readonly clock: Pick<Clock, "now">;
    readonly log: Logger;
    /** Whether there is a Tenant of this name now. */
    readonly exists: (name: string) => boolean;
    /** Names to remember; above that, the oldest ones without a Tenant are forgotten. Default 100,000. */
    readonly max?: number;
  },
): Promise<void> {
  const { logs, clock, log, exists, max = 100_000 } = options;
  const known = homes.get(name);
  const at = clock.now();
  await homes.change(name, (known) => nextHome(known, seen, at, () => uuidv7(at)));
  // A forgotten name that comes back later counts as new.
  if (!known) await homes.forget(max, (_, name) => !exists(name));
  if (!known || known.region === seen.region) return;
  log.info("a tenant's receipts go to another log", { tenant: name, from: known.region, to: seen.region });
  for (const region of [known.region, seen.region])
    if (!logs.has(region)) log.warn("a handover waits: its region has no notary", { tenant: name, region });
}
