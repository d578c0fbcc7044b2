import type { DisclosureName } from "./types/receipt-type.ts";
import { type ReceiptType, receiptType, receiptTypes } from "./types/table.ts";

/** The disclosable claims of each type, in the order of disclosures. */
export const disclosureNames = Object.fromEntries(
  receiptTypes.map((type) => [type, receiptType(type).disclosures]),
) as Readonly<Record<ReceiptType, readonly DisclosureName[]>>;

/** How many digests a receipt of the type may have: one of these, ascending; the last is today's. */
export function disclosureCounts(type: ReceiptType): readonly number[] {
  const { earlierCounts = [], disclosures } = receiptType(type);
  return [...earlierCounts, disclosures.length];
}

/** The names in a receipt of the type that has `count` digests. */
export function namesWithin(type: ReceiptType, count: number): readonly DisclosureName[] {
  return disclosureNames[type].slice(0, count);
}
