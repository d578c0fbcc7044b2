/** What goes to the notary next, read back from a region's segments; what the disk lost goes as a gap. */

import type { Disk } from "../disk/disk.ts";
import type { OutboxLog } from "../outbox.ts";
import type { Backlog } from "../segments/backlog.ts";
import { SegmentReader } from "../segments/reader.ts";
import { findEntry } from "../segments/records.ts";
import type { Segment } from "../segments/segment.ts";
import type { Shipment, WireRecord } from "../wire/shipment.ts";
import { recordDigest, segmentsOf } from "../wire/shipment.ts";

export interface ShipmentsOptions {
  readonly cluster: string;
  readonly disk: Disk;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Those there are now, oldest first. */
  readonly segments: readonly Segment[];
  readonly backlog: Backlog;
  readonly log: OutboxLog;
}

export class Shipments {
  readonly #options: ShipmentsOptions;

  constructor(options: ShipmentsOptions) {
    this.#options = options;
  }

  /** The next records from `from` on, at most so many and so large; undefined when there are none. */
  async shipment(from: number, max: { records: number; bytes: number }): Promise<Shipment | undefined> {
    const { cluster, disk, backlog } = this.#options;
    if (from >= backlog.next) return undefined;
    const records: WireRecord[] = [];
    const segments = new Map<string, Segment>();
    const reader = new SegmentReader(disk);
    let bytes = 0;
    for (let offset = from; offset < backlog.next && records.length < max.records; ) {
      const record = await this.#wireRecord(offset, reader, segments);
      bytes += sizeOf(record);
      if (records.length > 0 && bytes > max.bytes) break;
      records.push(record);
      offset = record.offset + 1;
    }
    const used = new Set(records.flatMap(segmentsOf));
    const { acknowledged, digest } = backlog.mark;
    const previous = from - 1 === acknowledged ? digest : undefined;
    return {
      from,
      cluster,
      ...(previous === undefined ? {} : { previous }),
      segments: [...segments.values()]
        .filter(({ id }) => used.has(id))
        .map(({ id, wrapped }) => ({ id, wrapped })),
      records,
    };
  }

  /**
   * Digest of a durable record that is still on disk and can be read. Of a closing, too, when the first event it
   * would bring along is gone: that is not part of the digest, and goes once the closing is acknowledged.
   */
  async digestOf(offset: number): Promise<string | undefined> {
    const { disk, segments } = this.#options;
    const found = findEntry(segments, offset);
    const record = found && (await new SegmentReader(disk).sealed(found.segment, found.entry));
    return record && recordDigest(record);
  }

  /** The record at an offset, or the gap that starts there. */
  async #wireRecord(offset: number, reader: SegmentReader, used: Map<string, Segment>): Promise<WireRecord> {
    const { segments, backlog, log } = this.#options;
    const found = findEntry(segments, offset);
    if (found === undefined) return this.#gap(offset);
    const opener = found.entry.first === undefined ? undefined : findEntry(segments, found.entry.first);
    const record = await reader.sealed(found.segment, found.entry);
    const first = opener && (await reader.sealed(opener.segment, opener.entry));
    if (record !== undefined && (found.entry.first === undefined || first !== undefined)) {
      used.set(found.segment.id, found.segment);
      if (opener !== undefined) used.set(opener.segment.id, opener.segment);
      return first === undefined ? record : { ...record, first };
    }
    log.error("a journal record cannot be read back; it will be logged as a gap", { offset });
    backlog.lost(found.segment, found.entry);
    return this.#gap(offset);
  }

  #gap(from: number): WireRecord {
    const { segments, backlog, now } = this.#options;
    const { highest } = backlog.mark;
    const following = segments.map(({ entries }) => entries.find((entry) => entry.offset > from)?.offset);
    const end = Math.min(backlog.next, ...following.filter((offset) => offset !== undefined)) - 1;
    // What was acknowledged once is told apart from what nobody but us ever had.
    const offset = from <= highest ? Math.min(end, highest) : end;
    return { offset, gap: { from, at: now(), reason: from <= highest ? "deleted" : "corrupt" } };
  }
}

function sizeOf(record: WireRecord): number {
  if ("gap" in record) return 64;
  const characters = record.data.length + ("first" in record ? record.first.data.length : 0);
  return Math.ceil((characters * 3) / 4);
}
