/** The receipt of a gap: a sender reports that records of its journal are lost. */

import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { uuidv7 } from "@companyos/service/uuidv7";

export function gapEvent(gap: {
  readonly journal: string;
  readonly from: number;
  readonly offset: number;
  readonly at: number;
  readonly reason: string;
  readonly cluster: string;
  readonly region: string;
  readonly now: number;
}): ReceiptEvent {
  const { journal, from, offset, at, reason, cluster, region } = gap;
  return receiptEvent("journal.gap", {
    rid: uuidv7(gap.now),
    at,
    cluster,
    region,
    reason: `JOURNAL_${reason.toUpperCase()}`,
    count: offset - from + 1,
    disclosable: { details: { journal, from, to: offset } },
  });
}
