/** The receipt for responses that went out without one. */

import { type ReceiptEvent, receiptEvent, unrecordedReason } from "@companyos/receipts";
import type { Destination } from "./destination.ts";
import type { Account } from "./file.ts";

/** Made of the account alone, so that it says the same however often it is made. Without a tenant it is the log's own. */
export function unrecordedEvent(
  account: Account,
  { tenant, reason = unrecordedReason }: Pick<Destination, "tenant" | "reason">,
  sender: { readonly cluster: string; readonly region: string; readonly journal: string },
): ReceiptEvent {
  const { rid, responses, first, last, code } = account;
  const { cluster, region, journal } = sender;
  return receiptEvent("journal.gap", {
    rid,
    at: last,
    cluster,
    region,
    ...(tenant && { tenant }),
    reason,
    count: responses.block + responses.warn + responses.audit,
    disclosable: { details: { journal, answers: { ...responses }, first, last, code } },
  });
}
