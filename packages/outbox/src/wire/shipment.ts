/**
 * What travels from a journal to its notary: `POST /v1/journals/<journal>/records`, and how the notary reads it.
 *
 * Records of one (journal, region) queue are numbered 0, 1, 2 … without holes. A record is one of
 * - an event: `{offset, segment, data}`, sealed; inside `{kind: "event", event}`.
 * - the closing of a window: the same with `first`, the sealed record of the event that was repeated, shipped
 *   again as it was. Inside `{kind: "closed", rid, count, at, first}` (`first` = offset of that event). A sender
 *   cannot open its own records, so this is how a restarted sender closes windows that it left open: exact, and
 *   the notary needs no memory of what it saw before.
 * - a gap: `{offset, gap: {from, at, reason}}`, in the clear: the records `from … offset` are lost at the sender.
 *
 * `unsealRecords` turns these into events: a closing becomes an `admission.repeated` event with a rid of its own,
 * the fields of the first event, `count`, and the first event's rid in `disclosable.rid`.
 */

import { createHash } from "node:crypto";
import type { SealingJwk } from "@companyos/keys";

export const shipmentLimits = { records: 256, sealedBytes: 1 << 20, recordBytes: 512 << 10 } as const;

export interface WireSegment {
  /** 128 random bits, base64url. */
  readonly id: string;
  /** The segment's data key wrapped to the region's sealing key: compact JWE. */
  readonly wrapped: string;
}

export interface SealedRecord {
  readonly offset: number;
  /** Id of the segment whose data key sealed it. */
  readonly segment: string;
  /** base64url of counter (8 bytes) ‖ AES-256-GCM ciphertext ‖ tag (16 bytes). */
  readonly data: string;
}

export interface ClosingRecord extends SealedRecord {
  readonly first: SealedRecord;
}

/** Stands for all offsets from `gap.from` to `offset`. */
export interface GapRecord {
  readonly offset: number;
  readonly gap: { readonly from: number; readonly at: number; readonly reason: GapReason };
}

/** `corrupt`: the disk gave back other bytes. `deleted`: acknowledged before, then the notary requested it again. */
export type GapReason = "corrupt" | "deleted";

export type WireRecord = SealedRecord | ClosingRecord | GapRecord;

/** Body of the POST. */
export interface Shipment {
  /** First offset that `records` covers. */
  readonly from: number;
  /** Name of the sender's cluster (for `journal.gap`, which carries no event). */
  readonly cluster: string;
  /** `recordDigest` of record `from − 1`, when the sender still knows it. */
  readonly previous?: string;
  /** Every segment that `records` name, firsts of closings included. */
  readonly segments: readonly WireSegment[];
  readonly records: readonly WireRecord[];
}

/**
 * Body of the 200. `acknowledged` is the highest offset that is committed to the log (−1: none), `digest` that
 * record's `recordDigest`. Other responses: 409 `{code: "gap", expected}` when `from` is above the mark + 1;
 * 409 `{code: "conflict"}` when `previous` or a resent record differs from what is in the log.
 */
export interface ShipmentResponse {
  readonly acknowledged: number;
  readonly digest?: string;
}

/** What the sender needs of `GET /v1/identity`. */
export interface SealingIdentity {
  readonly region: string;
  readonly sealing: SealingJwk;
}

const identifier = /^[A-Za-z0-9_-]{22}$/;

export function isJournalId(text: string): boolean {
  return identifier.test(text);
}

/** SHA-256 (base64url) of a record as shipped: the same for every resend, different for any other content. */
export function recordDigest(record: WireRecord): string {
  const parts =
    "gap" in record
      ? ["gap", record.gap.from, record.offset]
      : ["sealed", record.offset, record.segment, record.data];
  return createHash("sha256").update(parts.join("\n")).digest("base64url");
}

/** Ids of the segments that a record names. */
export function segmentsOf(record: WireRecord): string[] {
  if ("gap" in record) return [];
  return "first" in record ? [record.segment, record.first.segment] : [record.segment];
}

/** First offset that a record covers. */
export function firstOffset(record: WireRecord): number {
  return "gap" in record ? record.gap.from : record.offset;
}
