/** What the notary makes of a shipment's records: events, and gaps. */

import type { KeyError, Unsealer } from "@companyos/keys";
import type { ReceiptEvent } from "@companyos/receipts";
import { parseReceiptEvent } from "@companyos/receipts";
import { FormatError } from "./format-error.ts";
import { openRecord } from "./seal.ts";
import type { ClosingRecord, GapReason, SealedRecord, WireRecord, WireSegment } from "./shipment.ts";
import { recordDigest, segmentsOf } from "./shipment.ts";

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
      /** Responses given under the first event's rid after the first one. */
      readonly count: number;
      readonly at: number;
      /** Offset of the first event. */
      readonly first: number;
    };

/**
 * Opens a shipment's records in order, each bound to journal, region, segment and offset.
 * Throws FormatError `unsealable` or `bad_event` naming the offset or the segment; KeyError when the unsealer failed.
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
  for (const segment of segments) {
    if (named.has(segment.id)) keys.set(segment.id, await unwrapped(unsealer, segment));
  }

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

/** A key that is damaged, or wrapped for another key than ours, is the sender's mistake. */
async function unwrapped(unsealer: Unsealer, { id, wrapped }: WireSegment): Promise<Uint8Array> {
  try {
    return await unsealer.unwrap(wrapped);
  } catch (error) {
    const { name, code, message } = (error ?? {}) as Partial<KeyError>;
    if (name !== "KeyError" || (code !== "BAD_INPUT" && code !== "UNKNOWN_KEY")) throw error;
    throw new FormatError("unsealable", `segment ${id}: ${message}`, { cause: error });
  }
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
