import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { handedOver } from "./event.ts";
import type { OwedHandover, RememberedHome } from "./remember.ts";

/** By the tenant's name, also of tenants that are gone: the name may come back. */
export type Homes = Ledger<RememberedHome, OwedHandover>;

export function openHomes(ledgers: Pick<Ledgers, "open">, cluster: string): Promise<Homes> {
  return ledgers.open("homes", { event: (name, owed) => handedOver({ name, cluster, owed }) });
}
