/**
 * The durable queue of one region: numbered, sealed records in append-only segments, and the windows whose repeats
 * are being counted. One writer at a time: everything asked for while the disk is busy shares the next write and
 * the next fdatasync (group commit). State changes only after the sync succeeded.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Sealer } from "@companyos/keys";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Disk, SegmentFile } from "./disk.ts";
import { outOfSpace } from "./disk.ts";
import type { DraftPlace, Work } from "./draft.ts";
import { Draft } from "./draft.ts";
import { asOutboxError, diskFull, refused } from "./errors.ts";
import { eventContent } from "./fit.ts";
import type { Shipment, WireRecord } from "./format.ts";
import { recordDigest, segmentsOf } from "./format.ts";
import { headerFrame, repeatsLength } from "./frame.ts";
import { LongestFirst } from "./longest-first.ts";
import type { OutboxLimits, OutboxLog } from "./outbox.ts";
import { OutboxError } from "./outbox.ts";
import type { Owner } from "./owner.ts";
import { ownerOf } from "./owner.ts";
import type { Refusal, Taken } from "./quota.ts";
import { Quota } from "./quota.ts";
import { SegmentReader } from "./reader.ts";
import { entriesBetween, findEntry } from "./records.ts";
import type { Closing, Mark, OpenWindow, Recovered } from "./recover.ts";
import { recover, writeMark } from "./recover.ts";
import { Reserve } from "./reserve.ts";
import { sealOverhead } from "./seal.ts";
import type { Segment } from "./segment.ts";
import { segmentFile, weightOf } from "./segment.ts";

export interface QueueOptions {
  readonly dir: string;
  readonly journal: string;
  readonly region: string;
  readonly cluster: string;
  readonly limits: OutboxLimits;
  readonly disk: Disk;
  readonly log: OutboxLog;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds by a clock that is never set. */
  readonly elapsed: () => number;
  /** Throws OutboxError `no_region_key`. */
  readonly sealer: () => Promise<Sealer>;
}

interface Command {
  readonly work: Work;
  resolve(): void;
  reject(error: unknown): void;
}

/** The segment being written; its data key is in memory only. */
interface Current extends DraftPlace {
  readonly file: SegmentFile;
}

const opening = new Set<string>([
  "admission.blocked",
  "admission.warned",
  "admission.audited",
  "admission.denied_in_process",
  "admission.undecided",
]);
const batchCommands = 4096;
/** A batch is written whole or not at all: on a full disk, few at a time find room. */
const batchCommandsWhenShort = 32;
const batchBytes = 2 << 20;
/** The mark is only a hint; losing it costs a resend. Before a segment goes, it is always written. */
const markIntervalMs = 5000;
/**
 * The reserve is this part of a segment. A closing takes less than half of the event that opened its window, so all
 * windows of a segment can be closed in it, and the segment can go.
 */
const reserveShare = 2;

export class Queue {
  readonly #options: QueueOptions;
  readonly #reserve: Reserve;
  readonly #segments: Segment[];
  readonly #windows: Map<number, OpenWindow>;
  /** Windows of this process by the rid of their first event. */
  readonly #byRid = new Map<string, OpenWindow>();
  readonly #ridOf = new Map<OpenWindow, string>();
  readonly #closing = new Set<OpenWindow>();
  /** Windows that may be made to let go, should there be too many. */
  readonly #evictable = new LongestFirst<OpenWindow>();
  readonly #quota: Quota;
  /** Segments that show which accounts are settled, by receipt, until that is noted elsewhere. */
  readonly #settled: Map<string, Segment>;
  readonly #closings: Closing[];
  #current: Current | undefined;
  /** A failed write may have left bytes behind `segment.size`; nothing is written before they are cut off. */
  #torn: Current | undefined;
  #commands: Command[] = [];
  /** Admitted and not yet written. */
  #pending = { records: 0, bytes: 0 };
  #busy = false;
  #idle: Promise<void> = Promise.resolve();
  #next: number;
  #mark: Mark;
  #markWritten: number;
  #sizes = 0;
  #change = Promise.withResolvers<void>();
  #collecting: Promise<void> = Promise.resolve();
  /** The last write found the disk full. */
  #short = false;
  readonly counts = { appended: 0, syncs: 0 };

  static async open(options: QueueOptions): Promise<Queue> {
    const { disk, dir, limits, log } = options;
    const recovered = await recover(disk, dir, options, log);
    const reserve = await Reserve.open(disk, dir, limits.segmentBytes / reserveShare);
    const queue = new Queue(options, recovered, reserve);
    await queue.#collect();
    return queue;
  }

  private constructor(
    options: QueueOptions,
    { segments, windows, closings, mark, next, settled }: Recovered,
    reserve: Reserve,
  ) {
    this.#options = options;
    this.#reserve = reserve;
    this.#segments = segments;
    this.#windows = windows;
    this.#closings = closings;
    this.#mark = mark;
    this.#markWritten = options.elapsed();
    this.#next = next;
    this.#sizes = segments.reduce((sum, { size }) => sum + size, 0);
    this.#quota = new Quota(options.limits);
    this.#settled = new Map(settled);
    for (const segment of settled.values()) segment.holds++;
    for (const entry of entriesBetween(this.#segments, mark.acknowledged, next))
      this.#quota.add(entry.owner, 1, weightOf(entry));
    for (const window of windows.values()) {
      this.#quota.add(window.owner, 0, window.bytes);
      this.#evictable.add(window.owner, window);
    }
  }

  // What callers ask for.

  /** `settles`: the event is the receipt for answers that could not be recorded, and has room that tenants have not. */
  async append(event: ReceiptEvent, settles = false): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const owner = ownerOf(this.#options.journal, settles ? undefined : event.tenant);
    this.#admit(this.#quota.event(owner, 0, this.#taken));
    const opens = opening.has(event.type);
    const content = eventContent(event);
    const bytes = weightOf({ span: { position: 0, length: content.length + sealOverhead } });
    this.#admit(this.#quota.event(owner, bytes, this.#taken));
    this.#hold(owner, 1, bytes);
    try {
      await this.#submit({ kind: "event", content, rid: event.rid, owner, opens, settles });
    } finally {
      // Written, it counts as what it is from then on.
      this.#hold(owner, -1, -bytes);
    }
    if (opens && this.#windows.size - this.#closing.size > this.#options.limits.windows)
      this.#closeEarly(this.#evictable.first());
  }

  /** Whether an event of this owner would find room now. */
  admits(owner: Owner): boolean {
    return this.#quota.event(owner, 0, this.#taken) === undefined;
  }

  async repeat(rid: string): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const window = this.#byRid.get(rid);
    if (window === undefined || this.#closing.has(window)) {
      throw new OutboxError("unknown_window", `no open window for receipt ${rid}: append a new event`);
    }
    this.#admit(this.#quota.repeat(window.owner, repeatsLength, this.#taken));
    await this.#submit({ kind: "repeat", window });
  }

  async close(rid: string): Promise<void> {
    const window = this.#byRid.get(rid);
    if (window === undefined) return;
    try {
      await this.#close(window);
    } catch (error) {
      // The caller is done with it, and nobody will ask again: from now on it is one of the leftovers.
      this.#byRid.delete(rid);
      this.#ridOf.delete(window);
      this.#notify();
      throw error;
    }
  }

  /** Closes every window. Those that cannot be closed now stay open on disk; rejects with the first failure. */
  async closeAll(): Promise<void> {
    await Promise.all([...this.#windows.values()].map((window) => this.#close(window)));
  }

  /** Closes the windows that nobody asks for any more: an earlier process left them open, or the disk was full. */
  async closeLeftovers(): Promise<void> {
    const left = [...this.#windows.values()].filter((window) => !this.#ridOf.has(window));
    await Promise.all(left.map((window) => this.#close(window)));
  }

  /** Waits for what was asked for, then lets go of the files. */
  async stop(): Promise<void> {
    while (this.#busy) await this.#idle;
    await this.#current?.file.close();
    this.#current = undefined;
    await this.#torn?.file.close().catch(() => {});
    await writeMark(this.#options.disk, this.#options.dir, this.#mark).catch(() => {});
  }

  /** Receipts that are known to settle an account; each is held on to until `noted`. */
  get settled(): ReadonlySet<string> {
    return new Set(this.#settled.keys());
  }

  noted(rid: string): void {
    const segment = this.#settled.get(rid);
    if (segment !== undefined) segment.holds--;
    this.#settled.delete(rid);
  }

  /** Wakes whoever waits for `changed`. */
  wake(): void {
    this.#notify();
  }

  // What shipping needs.

  /** The next records from `from` on, at most so many and so large; undefined when there are none. */
  async shipment(from: number, most: { records: number; bytes: number }): Promise<Shipment | undefined> {
    if (from >= this.#next) return undefined;
    const records: WireRecord[] = [];
    const segments = new Map<string, Segment>();
    const reader = new SegmentReader(this.#options.disk);
    let bytes = 0;
    for (let offset = from; offset < this.#next && records.length < most.records; ) {
      const record = await this.#wireRecord(offset, reader, segments);
      bytes += sizeOf(record);
      if (records.length > 0 && bytes > most.bytes) break;
      records.push(record);
      offset = record.offset + 1;
    }
    const used = new Set(records.flatMap(segmentsOf));
    const previous = from - 1 === this.#mark.acknowledged ? this.#mark.digest : undefined;
    return {
      from,
      cluster: this.#options.cluster,
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
    const found = findEntry(this.#segments, offset);
    const record = found && (await new SegmentReader(this.#options.disk).sealed(found.segment, found.entry));
    return record && recordDigest(record);
  }

  /** The notary has everything up to `offset`, and nothing above. */
  async acknowledge(offset: number, digest: string | undefined): Promise<void> {
    const before = this.#mark;
    // Shipping again what was acknowledged (a notary lost its log) makes it wait again.
    for (const entry of entriesBetween(this.#segments, before.acknowledged, offset + 1))
      this.#quota.release(entry.owner, 1, weightOf(entry));
    for (const entry of entriesBetween(this.#segments, offset, before.acknowledged + 1))
      this.#quota.add(entry.owner, 1, weightOf(entry));
    this.#mark = { acknowledged: offset, highest: Math.max(before.highest, offset), digest };
    // Closings that arrived no longer need the event that opened their window.
    while (this.#closings[0] !== undefined && this.#closings[0].offset <= offset) {
      (this.#closings.shift() as Closing).opener.holds--;
    }
    await this.#collect();
    this.#notify();
  }

  /** Resolves at the next append or acknowledgement. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  get acknowledged(): number {
    return this.#mark.acknowledged;
  }

  get durable(): number {
    return this.#next - 1;
  }

  get backlogRecords(): number {
    return this.#next - 1 - this.#mark.acknowledged;
  }

  get backlogBytes(): number {
    return this.#sizes;
  }

  get openWindows(): number {
    return this.#windows.size;
  }

  /** Tenants whose records wait, and how many records the one with the most has. */
  get holders(): { readonly tenants: number; readonly largest: number } {
    return this.#quota.holders;
  }

  /** When the oldest unacknowledged record was appended; undefined when there is none (left). */
  get oldest(): number | undefined {
    return this.backlogRecords === 0
      ? undefined
      : findEntry(this.#segments, this.#mark.acknowledged + 1)?.entry.time;
  }

  // Writing.

  #submit(work: Work): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#commands.push({ work, resolve, reject });
      if (this.#busy) return;
      this.#busy = true;
      this.#idle = this.#writeAll();
    });
  }

  async #writeAll(): Promise<void> {
    // Everything that is asked for in this turn of the event loop goes into the first batch.
    await Promise.resolve();
    while (this.#commands.length > 0) {
      const batch = this.#takeBatch();
      try {
        await this.#writeBatch(batch.map(({ work }) => work));
        for (const { resolve } of batch) resolve();
        this.#notify();
      } catch (error) {
        if (outOfSpace(error)) {
          this.#short = true;
          await this.#collect();
        }
        const refusal = asOutboxError(error);
        for (const { reject } of batch) reject(refusal);
      }
    }
    this.#busy = false;
  }

  #takeBatch(): Command[] {
    let bytes = 0;
    let count = 0;
    const most = this.#short ? batchCommandsWhenShort : batchCommands;
    for (const { work } of this.#commands) {
      if (count >= most || bytes >= batchBytes) break;
      bytes += work.kind === "event" ? work.content.length : 64;
      count++;
    }
    return this.#commands.splice(0, count);
  }

  async #writeBatch(works: readonly Work[]): Promise<void> {
    await this.#repair();
    const current = await this.#writable();
    const draft = new Draft(current, this.#next, this.#options.now);
    for (const work of works) draft.add(work);
    const bytes = draft.finish();
    try {
      await current.file.append(bytes);
      this.counts.syncs++;
      await current.file.sync();
    } catch (error) {
      // Its counters are used up and its tail is unknown: cut it off and go on in another segment.
      this.#torn = current;
      this.#current = undefined;
      await this.#repair().catch(() => {});
      throw error;
    }
    this.#short = false;
    current.segment.size += bytes.length;
    this.#sizes += bytes.length;
    this.#commit(draft, current.segment);
  }

  #commit(draft: Draft, segment: Segment): void {
    for (const entry of draft.entries) {
      segment.entries.push(entry);
      // The repeats of a closing are counted already.
      this.#quota.add(entry.owner, 1, weightOf({ ...entry, repeats: 0 }));
    }
    this.counts.appended += draft.entries.length;
    this.#next = draft.next;
    for (const { offset, rid, owner } of draft.opened) {
      const window: OpenWindow = { first: offset, segment, owner, count: 0, bytes: 0 };
      segment.holds++;
      this.#evictable.add(owner, window);
      this.#windows.set(offset, window);
      this.#byRid.set(rid, window);
      this.#ridOf.set(window, rid);
    }
    for (const [window, count] of draft.repeats) window.count = count;
    for (const window of draft.counted) {
      window.bytes += repeatsLength;
      this.#quota.add(window.owner, 0, repeatsLength);
    }
    for (const rid of draft.settled) {
      segment.holds++;
      this.#settled.set(rid, segment);
    }
    for (const { window, closing } of draft.closed) {
      this.#windows.delete(window.first);
      this.#evictable.delete(window);
      this.#closing.delete(window);
      const rid = this.#ridOf.get(window);
      if (rid !== undefined) this.#byRid.delete(rid);
      this.#ridOf.delete(window);
      // A closing ships the first event again, so its segment is held until that is acknowledged.
      if (closing === undefined) window.segment.holds--;
      else this.#closings.push({ offset: closing, opener: window.segment });
    }
  }

  async #repair(): Promise<void> {
    const torn = this.#torn;
    if (torn === undefined) return;
    await torn.file.truncate(torn.segment.size);
    await torn.file.sync();
    this.#torn = undefined;
    await torn.file.close().catch(() => {});
  }

  async #writable(): Promise<Current> {
    const { disk, dir, limits, journal, region } = this.#options;
    if (this.#current !== undefined && this.#current.segment.size < limits.segmentBytes) return this.#current;
    const key = randomBytes(32);
    const wrapped = await (await this.#options.sealer()).wrap(key);
    const id = randomBytes(16).toString("base64url");
    const base = this.#next;
    const path = join(dir, segmentFile(base, id));
    const header = headerFrame({ v: 1, journal, region, segment: id, base, wrapped });
    const file = await disk.create(path);
    try {
      await file.append(header);
      await file.sync();
      await disk.syncFolder(dir);
    } catch (error) {
      await file.close().catch(() => {});
      await disk.unlink(path).catch(() => {});
      throw error;
    }
    const segment: Segment = { path, id, base, wrapped, size: header.length, entries: [], holds: 0 };
    const full = this.#current;
    this.#segments.push(segment);
    this.#sizes += header.length;
    this.#current = { journal, region, segment, file, key, counter: 0 };
    await full?.file.close().catch(() => {});
    return this.#current;
  }

  // Windows.

  async #close(window: OpenWindow): Promise<void> {
    if (this.#closing.has(window)) return;
    this.#closing.add(window);
    this.#evictable.delete(window);
    try {
      await this.#submit({ kind: "close", window }).catch(async (error: unknown) => {
        if ((error as { code?: unknown }).code !== "full") throw error;
        await this.#reserve.lend();
        await this.#submit({ kind: "close", window });
      });
    } finally {
      this.#closing.delete(window);
      if (this.#windows.get(window.first) === window) this.#evictable.add(window.owner, window);
    }
  }

  #closeEarly(window: OpenWindow | undefined): void {
    if (window === undefined) return;
    this.#close(window).catch((error: unknown) => {
      this.#options.log.warn("a window could not be closed early", { region: this.#options.region, error });
    });
  }

  // Reading and deleting.

  /** The record at an offset, or the gap that starts there. */
  async #wireRecord(
    offset: number,
    reader: SegmentReader,
    segments: Map<string, Segment>,
  ): Promise<WireRecord> {
    const found = findEntry(this.#segments, offset);
    if (found === undefined) return this.#gap(offset);
    const opener = found.entry.first === undefined ? undefined : findEntry(this.#segments, found.entry.first);
    const record = await reader.sealed(found.segment, found.entry);
    const first = opener && (await reader.sealed(opener.segment, opener.entry));
    if (record !== undefined && (found.entry.first === undefined || first !== undefined)) {
      segments.set(found.segment.id, found.segment);
      if (opener !== undefined) segments.set(opener.segment.id, opener.segment);
      return first === undefined ? record : { ...record, first };
    }
    this.#options.log.error("a journal record cannot be read back; it will be logged as a gap", { offset });
    found.segment.entries.splice(found.segment.entries.indexOf(found.entry), 1);
    if (offset > this.#mark.acknowledged) this.#quota.release(found.entry.owner, 1, weightOf(found.entry));
    return this.#gap(offset);
  }

  #gap(from: number): WireRecord {
    const { highest } = this.#mark;
    const following = this.#segments.map(
      ({ entries }) => entries.find((entry) => entry.offset > from)?.offset,
    );
    const end = Math.min(this.#next, ...following.filter((offset) => offset !== undefined)) - 1;
    // What was acknowledged once is told apart from what nobody but us ever had.
    const offset = from <= highest ? Math.min(end, highest) : end;
    return {
      offset,
      gap: { from, at: this.#options.now(), reason: from <= highest ? "deleted" : "corrupt" },
    };
  }

  /** Deletes, oldest first, what is acknowledged and not held; makes windows let go when space is short. */
  #collect(): Promise<void> {
    this.#collecting = this.#collecting.then(() => this.#collectNow());
    return this.#collecting;
  }

  async #collectNow(): Promise<void> {
    const { disk, dir, limits, elapsed, log } = this.#options;
    try {
      if (this.#removable() || elapsed() - this.#markWritten >= markIntervalMs) {
        this.#markWritten = elapsed();
        await this.#writeMark();
      }
      for (let segment = this.#removable(); segment !== undefined; segment = this.#removable()) {
        await disk.unlink(segment.path);
        this.#segments.shift();
        this.#sizes -= segment.size;
      }
      await this.#reserve.keep();
    } catch (error) {
      log.warn("acknowledged segments could not be removed; trying again later", { dir, error });
    }
    const oldest = this.#segments[0];
    if (this.#sizes > limits.bytes / 2 && oldest !== undefined && oldest.holds > 0) {
      for (const window of this.#windows.values()) if (window.segment === oldest) this.#closeEarly(window);
    }
  }

  /**
   * The oldest segment, when it may go. The last one stays, as a second witness of how far the numbers are, unless the
   * disk is full and nothing is written to it any more: it may be all that fills it.
   */
  #removable(): Segment | undefined {
    const [oldest] = this.#segments;
    if (oldest === undefined || !this.#done(oldest)) return undefined;
    const last = this.#segments.length === 1;
    return last && !(this.#short && this.#current === undefined && this.#torn === undefined)
      ? undefined
      : oldest;
  }

  async #writeMark(): Promise<void> {
    const { disk, dir } = this.#options;
    try {
      await writeMark(disk, dir, this.#mark);
    } catch (error) {
      if (!outOfSpace(error)) throw error;
      await this.#reserve.lend();
      await writeMark(disk, dir, this.#mark);
    }
  }

  /** Nothing is added while the room for what makes room is not there. */
  async #keepReserve(): Promise<void> {
    let kept: boolean;
    try {
      kept = await this.#reserve.keep();
    } catch (error) {
      throw asOutboxError(error);
    }
    if (!kept) throw diskFull();
  }

  #done(segment: Segment): boolean {
    return segment.holds === 0 && (segment.entries.at(-1)?.offset ?? -1) <= this.#mark.acknowledged;
  }

  #notify(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  get #taken(): Taken {
    const { records, bytes } = this.#pending;
    return { records: this.backlogRecords + records, bytes: this.#sizes + bytes };
  }

  #hold(owner: Owner, records: number, bytes: number): void {
    this.#pending.records += records;
    this.#pending.bytes += bytes;
    this.#quota.add(owner, records, bytes);
  }

  #admit(refusal: Refusal | undefined): void {
    const { region, limits } = this.#options;
    if (refusal !== undefined) throw refused(refusal, region, limits);
  }
}

function sizeOf(record: WireRecord): number {
  if ("gap" in record) return 64;
  const characters = record.data.length + ("first" in record ? record.first.data.length : 0);
  return Math.ceil((characters * 3) / 4);
}
