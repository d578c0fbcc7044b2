/** Which service account may submit which receipt types. */

import { serviceAccounts } from "@companyos/crds/names";
import { type ReceiptEvent, receiptSenders, receiptType, receiptTypes } from "@companyos/receipts";
import type { Senders } from "./options.ts";

/** The product's own service accounts in `namespace`. Types that have no sender are only ever made by the notary. */
export function defaultSenders(namespace: string): Senders {
  return Object.fromEntries(
    receiptSenders.map((sender) => [
      `system:serviceaccount:${namespace}:${serviceAccounts[sender]}`,
      receiptTypes.filter((type) => receiptType(type).senders.includes(sender)),
    ]),
  );
}

/** Whether a sender with these types may submit this event: of some, it tells only its own kind, and decides nothing. */
export function maySubmit(types: ReadonlySet<string>, { type, reason, decision }: ReceiptEvent): boolean {
  if (!types.has(type)) return false;
  const { senderSays } = receiptType(type);
  if (senderSays === undefined) return true;
  return decision === senderSays.decision && senderSays.reasons.includes(reason);
}
