/** Responses that went out without a receipt of their own, and were counted: what a `journal.gap` tells of them. */

import { isJsonObject } from "../canonical.ts";
import { isCounter, isSeconds, logChain, type ReceiptClaims } from "../claims.ts";
import type { Json } from "../event.ts";
import { unrecordedReason, withoutHomeReason } from "../types/journal-gap.ts";

/** Responses, and when the first and the last were given (sender's clock, milliseconds since the epoch). */
export interface UnrecordedResponses {
  readonly block: number;
  readonly warn: number;
  readonly audit: number;
  readonly first: number;
  readonly last: number;
}

/** Counts responses about a tenant. All other gaps are records that are lost. */
export function isUnrecorded({ type, sub, reason }: Omit<ReceiptClaims, "_sd">): boolean {
  return type === "journal.gap" && sub !== logChain && reason === unrecordedReason;
}

/** Counts responses about Tenants that no log knew. In a log's own chain alone: of a tenant's it would be said in its own. */
export function isWithoutHome({ type, sub, reason }: Omit<ReceiptClaims, "_sd">): boolean {
  return type === "journal.gap" && sub === logChain && reason === withoutHomeReason;
}

/** Undefined where nothing is disclosed, or what is does not come to what the receipt counts: the count is what is proved. */
export function unrecordedOf(
  claims: Omit<ReceiptClaims, "_sd">,
  details: Json | undefined,
): UnrecordedResponses | undefined {
  if (!isUnrecorded(claims) || !isJsonObject(details) || !isJsonObject(details.answers)) return undefined;
  // `answers` is its name in the format of receipts.
  const { first, last, answers: responses } = details;
  const { block, warn, audit } = responses;
  if (!isCounter(block) || !isCounter(warn) || !isCounter(audit)) return undefined;
  if (block + warn + audit !== claims.count || !isTime(first) || !isTime(last)) return undefined;
  return { block, warn, audit, first, last };
}

/** Milliseconds. */
const isTime = (time: Json | undefined): time is number =>
  isCounter(time) && isSeconds(Math.floor(time / 1000));

export function sumOf(one: UnrecordedResponses | undefined, other: UnrecordedResponses): UnrecordedResponses {
  if (one === undefined) return other;
  return {
    block: one.block + other.block,
    warn: one.warn + other.warn,
    audit: one.audit + other.audit,
    first: Math.min(one.first, other.first),
    last: Math.max(one.last, other.last),
  };
}
