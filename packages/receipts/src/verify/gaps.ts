import type { ReceiptClaims } from "../claims.ts";
import { formatInstant } from "../time.ts";
import type { JournalGaps } from "./verdict.ts";

/** Records that journals lost, by time: where a period begins is known only after the last receipt. */
export class Gaps {
  readonly #entries: { reason: string; iat: number; receipts: number; records: number }[] = [];

  /** By rising `iat`. */
  add({ reason, iat, count }: ReceiptClaims): void {
    const last = this.#entries.at(-1);
    if (last?.iat === iat && last.reason === reason) {
      last.receipts++;
      last.records += count;
    } else this.#entries.push({ reason, iat, receipts: 1, records: count });
  }

  /**
   * By reason, what was logged at or after `from`, in seconds. To the end of the log, and not of the period: a record of
   * the period may be found lost after it.
   */
  since(from: number): JournalGaps[] {
    const found = new Map<string, { receipts: number; records: number; from: number; to: number }>();
    for (const { reason, iat, receipts, records } of this.#entries) {
      if (iat < from) continue;
      const entry = found.get(reason) ?? { receipts: 0, records: 0, from: iat, to: iat };
      entry.receipts += receipts;
      entry.records += records;
      entry.to = iat;
      found.set(reason, entry);
    }
    return [...found]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, gap]) => ({
        reason,
        receipts: gap.receipts,
        records: gap.records,
        from: formatInstant(gap.from),
        to: formatInstant(gap.to),
      }));
  }
}
