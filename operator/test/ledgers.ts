/** Ledgers over a folder, with a journal of the test's own. */
import { createLogger, systemClock } from "@companyos/service";
import { Registry } from "prom-client";
import type { OwedJournal } from "../src/owed/ledger.ts";
import { Ledgers, type LedgersOptions } from "../src/owed/ledgers.ts";

export function testLedgers(
  options: Pick<LedgersOptions, "dir" | "journal" | "logs"> &
    Partial<LedgersOptions> & { readonly now?: () => number; readonly write?: (line: string) => void },
) {
  const { now = Date.now, write = () => {}, ...given } = options;
  const registry = new Registry();
  const clock = { ...systemClock, now, after: () => () => {} };
  const ledgers = new Ledgers({ clock, log: createLogger({ role: "operator", write }), registry, ...given });
  const metric = (name: string) => registry.getSingleMetricAsString(name);
  return { ledgers, metric };
}

/** A journal that needs only to append. */
export function journalOf(appendOwed: OwedJournal["appendOwed"]): OwedJournal {
  return { appendOwed, close: async () => {}, crossedOff: () => {}, owedOnly: () => {} };
}
