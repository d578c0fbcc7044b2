/** Ledgers over a folder, with a journal of the test's own. */
import { createLogger, systemClock } from "@companyos/service";
import { Registry } from "prom-client";
import type { OwedJournal } from "../src/owed/ledger.ts";
import { Ledgers, type LedgersOptions } from "../src/owed/ledgers.ts";
import { applied, type Change, type Owed, type Owing } from "../src/owed/owed.ts";

export function testLedgers(
  options: Pick<LedgersOptions, "dir" | "journal" | "logs"> &
    Partial<LedgersOptions> & { readonly now?: () => number; readonly write?: (line: string) => void },
) {
  const { now = Date.now, write = () => {}, ...given } = options;
  const registry = new Registry();
  const clock = { ...systemClock, now, after: () => () => {} };
  const log = createLogger({ role: "operator", write });
  const ledgers = new Ledgers({ clock, log, registry, reserveBytes: 3_000, ...given });
  const metric = (name: string) => registry.getSingleMetricAsString(name);
  return { ledgers, metric };
}

/** A change as the ledger carries it out: what is known, and what it owes, after it. */
export function remembering<
  T extends Owing<O>,
  O extends Owed,
  Known extends T | undefined,
  More extends unknown[],
>(change: (known: Known, ...more: More) => Change<T, O> | undefined): (known: Known, ...more: More) => T {
  return (known, ...more) => applied<T, O>(known, change(known, ...more))!;
}

/** A journal that needs only to append. */
export function journalOf(appendOwed: OwedJournal["appendOwed"]): OwedJournal {
  return { appendOwed, close: async () => {}, crossedOff: () => {}, owedOnly: () => {} };
}
