import type { Ledger } from "../owed/ledger.ts";
import type { Ledgers } from "../owed/ledgers.ts";
import { maxOwedForMany } from "../owed/owed.ts";
import { settledInProcess } from "./event.ts";
import { type OwedIncrease, type RememberedProcess, readProcess } from "./remember.ts";

/** By the process of the API server. */
export type RememberedProcesses = Ledger<RememberedProcess, OwedIncrease>;

export function openProcesses(ledgers: Pick<Ledgers, "open">, cluster: string): Promise<RememberedProcesses> {
  return ledgers.open("denials", {
    read: readProcess,
    event: (_, { log, rid, at, increase }) => settledInProcess({ rid, at, cluster, log, increase }),
    // Each of our policies and webhooks may owe something to every log.
    max: maxOwedForMany,
  });
}
