import type { ReceiptEvent } from "@companyos/outbox";
import type { AttemptKey } from "./repeat-window.ts";

/** Retries of controllers that are known; beyond it the oldest is forgotten, and leaves another receipt if it comes again. */
const limit = 10_000;

export interface Retries {
  /** The id of the receipt for this retry: one is appended for the first of its kind, none for what follows. */
  record(key: AttemptKey, event: () => ReceiptEvent): Promise<string>;
}

/** Controllers repeat themselves for as long as a workload stands: one receipt says so, nothing counts how often. */
export function createRetries(append: (event: ReceiptEvent) => Promise<void>): Retries {
  const known = new Map<AttemptKey, Promise<string>>();
  return {
    record(key, event) {
      const before = known.get(key);
      if (before) return before;
      const made = event();
      const recorded = append(made).then(() => made.rid);
      known.set(key, recorded);
      // What was not recorded is no receipt to point to.
      recorded.catch(() => known.delete(key));
      if (known.size > limit) known.delete(known.keys().next().value!);
      return recorded;
    },
  };
}
