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
import type { SealingJwk, Unsealer } from "@companyos/keys";
import type { ReceiptEvent } from "@companyos/receipts";
import { parseReceiptEvent } from "@companyos/receipts";
import type { Invalid } from "@companyos/service/body";
import { openRecord } from "./seal.ts";

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

/** `corrupt`: the disk gave back other bytes. `deleted`: acknowledged before, then the notary asked again. */
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
 * record's `recordDigest`. Other answers: 409 `{code: "gap", expected}` when `from` is above the mark + 1;
 * 409 `{code: "conflict"}` when `previous` or a resent record differs from what is in the log.
 */
export interface ShipmentReply {
  readonly acknowledged: number;
  readonly digest?: string;
}

/** What the sender needs of `GET /v1/identity`. */
export interface SealingIdentity {
  readonly region: string;
  readonly sealing: SealingJwk;
}

/** A record after unsealing. It covers the offsets `from … offset` (the same but for gaps). */
export type JournalRecord =
  | {
      readonly kind: "event";
      readonly from: number;
      readonly offset: number;
      readonly digest: string;
      readonly event: ReceiptEvent;
    }
  | {
      readonly kind: "gap";
      readonly from: number;
      readonly offset: number;
      readonly digest: string;
      readonly at: number;
      readonly reason: GapReason;
    };

/** Plaintext of a sealed record. */
export type RecordContent =
  | { readonly kind: "event"; readonly event: ReceiptEvent }
  | {
      readonly kind: "closed";
      /** The closing receipt's own id. */
      readonly rid: string;
      /** Answers given under the first event's rid after the first one. */
      readonly count: number;
      readonly at: number;
      /** Offset of the first event. */
      readonly first: number;
    };

export type FormatErrorCode = "bad_shipment" | "unsealable" | "bad_event";

export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly code: FormatErrorCode;
  /** With `bad_shipment`: what is wrong. */
  readonly invalid: Invalid | undefined;
  constructor(code: FormatErrorCode, message: string, options?: ErrorOptions & { invalid?: Invalid }) {
    super(message, options);
    this.code = code;
    this.invalid = options?.invalid;
  }
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

/**
 * Opens a shipment's records in order, each bound to journal, region, segment and offset.
 * Throws FormatError `unsealable` or `bad_event` naming the offset; KeyError of the unsealer as it is.
 */
export async function unsealRecords(
  unsealer: Unsealer,
  queue: { readonly journal: string; readonly region: string },
  segments: readonly WireSegment[],
  records: readonly WireRecord[],
): Promise<JournalRecord[]> {
  const keys = new Map<string, Uint8Array>();
  // Opening a key costs more than opening a record: none is opened for nothing.
  const named = new Set(records.flatMap(segmentsOf));
  for (const { id, wrapped } of segments) if (named.has(id)) keys.set(id, await unsealer.unwrap(wrapped));

  const open = (record: SealedRecord): RecordContent => {
    const key = keys.get(record.segment);
    if (key === undefined) throw unsealable(record, "its segment is not among the segments");
    const place = { ...queue, segment: record.segment, offset: record.offset };
    const plain = openRecord(key, place, Buffer.from(record.data, "base64url"));
    if (plain === undefined)
      throw unsealable(record, "it was not sealed for this journal, region and offset");
    return parseContent(plain, record.offset, queue.region);
  };

  return records.map((record): JournalRecord => {
    const digest = recordDigest(record);
    if ("gap" in record) {
      return {
        kind: "gap",
        from: record.gap.from,
        offset: record.offset,
        digest,
        at: record.gap.at,
        reason: record.gap.reason,
      };
    }
    const content = open(record);
    const event = content.kind === "event" ? content.event : closingEvent(content, record, open);
    return { kind: "event", from: record.offset, offset: record.offset, digest, event };
  });
}

function closingEvent(
  closed: RecordContent & { kind: "closed" },
  record: SealedRecord | ClosingRecord,
  open: (record: SealedRecord) => RecordContent,
): ReceiptEvent {
  if (!("first" in record) || record.first.offset !== closed.first || closed.first >= record.offset) {
    throw unsealable(record, "it closes a window but does not bring the event that opened it");
  }
  const first = open(record.first);
  if (first.kind !== "event") throw unsealable(record, "what it closes is not an event");
  return {
    ...first.event,
    rid: closed.rid,
    type: "admission.repeated",
    at: closed.at,
    count: closed.count,
    disclosable: { ...first.event.disclosable, rid: first.event.rid },
  };
}

function parseContent(plain: Uint8Array, offset: number, region: string): RecordContent {
  let content: Record<string, unknown>;
  try {
    content = fields(JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(plain)), "content");
  } catch (cause) {
    throw new FormatError("bad_event", `record ${offset}: content is not a JSON object`, { cause });
  }
  if (content.kind === "event") {
    const event = parseEvent(content.event, offset);
    if (event.region !== region)
      throw new FormatError("bad_event", `record ${offset}: region is ${event.region}`);
    return { kind: "event", event };
  }
  const { kind, rid, count, at, first } = content;
  if (
    kind !== "closed" ||
    typeof rid !== "string" ||
    !isOffset(count) ||
    !isOffset(at) ||
    !isOffset(first) ||
    count < 1
  ) {
    throw new FormatError("bad_event", `record ${offset}: neither an event nor a closing`);
  }
  return { kind, rid, count, at, first };
}

function parseEvent(value: unknown, offset: number): ReceiptEvent {
  try {
    return parseReceiptEvent(value);
  } catch (cause) {
    throw new FormatError("bad_event", `record ${offset}: ${(cause as Error).message}`, { cause });
  }
}

function fields(value: unknown, what: string): Record<string, unknown> {
  if (typeof value === "object" && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw new TypeError(`${what} is not an object`);
}

function isOffset(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function unsealable(record: SealedRecord, why: string): FormatError {
  return new FormatError("unsealable", `record ${record.offset} of segment ${record.segment}: ${why}`);
}
