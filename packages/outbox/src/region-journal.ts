/**
 * The durable queue of one region: numbered, sealed records in append-only segments, and the windows whose repeats
 * are being counted. One writer at a time: everything asked for while the disk is busy shares the next write and
 * the next fdatasync (group commit). State changes only after the sync succeeded.
 */

import type { Sealer } from "@companyos/keys";
import type { ReceiptEvent } from "@companyos/receipts";
import type { Disk, SegmentFile } from "./disk/disk.ts";
import { outOfSpace } from "./disk/disk.ts";
import { Reserve } from "./disk/reserve.ts";
import { GroupCommit } from "./group-commit.ts";
import type { OutboxLimits, OutboxLog } from "./outbox.ts";
import { OutboxError } from "./outbox.ts";
import { asOutboxError, diskFull, refused } from "./refusals.ts";
import { beginSegment } from "./segments/begin-segment.ts";
import type { DraftPlace, Noted, Work } from "./segments/draft.ts";
import { Draft } from "./segments/draft.ts";
import { repeatsLength } from "./segments/frame.ts";
import { Held } from "./segments/held.ts";
import { entriesBetween, findEntry } from "./segments/records.ts";
import type { Closing, Mark, OpenWindow, Recovered } from "./segments/recover.ts";
import { recover, writeMark } from "./segments/recover.ts";
import type { Entry, Segment } from "./segments/segment.ts";
import { weightOf } from "./segments/segment.ts";
import type { Owner } from "./shares/owner.ts";
import { ownerOf } from "./shares/owner.ts";
import type { Refusal, Taken } from "./shares/quota.ts";
import { Quota } from "./shares/quota.ts";
import { Shipping } from "./shipping/shipments.ts";
import { opensWindow, Windows } from "./windows/windows.ts";
import { eventContent } from "./wire/event-content.ts";
import { sealOverhead } from "./wire/seal.ts";
import type { Shipment } from "./wire/shipment.ts";

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

/** The segment being written; its data key is in memory only. */
interface Current extends DraftPlace {
  readonly file: SegmentFile;
}

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
  readonly #windows: Windows;
  readonly #quota: Quota;
  /** Receipts that settle accounts, until that is noted elsewhere. */
  readonly settled: Held;
  /** Receipts that their sender owed, until it has crossed them off. */
  readonly owed: Held;
  readonly #closings: Closing[];
  readonly #writing: GroupCommit<Work>;
  readonly #shipping: Shipping;
  #current: Current | undefined;
  /** A failed write may have left bytes behind `segment.size`; nothing is written before they are cut off. */
  #torn: Current | undefined;
  /** Admitted and not yet written. */
  #pending = { records: 0, bytes: 0 };
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
    { segments, windows, closings, mark, next, settled, owed }: Recovered,
    reserve: Reserve,
  ) {
    this.#options = options;
    this.#reserve = reserve;
    this.#segments = segments;
    this.#windows = new Windows(windows);
    this.#closings = closings;
    this.#mark = mark;
    this.#markWritten = options.elapsed();
    this.#next = next;
    this.#sizes = segments.reduce((sum, { size }) => sum + size, 0);
    this.#quota = new Quota(options.limits);
    this.settled = new Held(settled);
    this.owed = new Held(owed);
    for (const entry of entriesBetween(this.#segments, mark.acknowledged, next))
      this.#quota.add(entry.owner, 1, weightOf(entry));
    for (const window of windows.values()) this.#quota.add(window.owner, 0, window.bytes);
    const { cluster, disk, now } = options;
    this.#shipping = new Shipping({
      cluster,
      disk,
      now,
      segments,
      mark: () => this.#mark,
      next: () => this.#next,
      lost: (segment, entry) => this.#lost(segment, entry),
    });
    this.#writing = new GroupCommit({
      most: () => (this.#short ? batchCommandsWhenShort : batchCommands),
      mostBytes: batchBytes,
      bytesOf: (work) => (work.kind === "event" ? work.content.length : 64),
      write: (works) => this.#writeBatch(works),
      written: () => this.wake(),
      failed: (error) => this.#failed(error),
    });
  }

  // What callers ask for.

  /** An event that settles an account of answers that could not be recorded has room that tenants have not. */
  async append(event: ReceiptEvent, noted: Noted = "no"): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const owner = ownerOf(this.#options.journal, noted === "settles" ? undefined : event.tenant);
    this.#admit(this.#quota.event(owner, 0, this.#taken));
    const opens = opensWindow(event.type);
    const content = eventContent(event);
    const bytes = weightOf({ span: { position: 0, length: content.length + sealOverhead } });
    this.#admit(this.#quota.event(owner, bytes, this.#taken));
    this.#hold(owner, 1, bytes);
    try {
      await this.#writing.submit({ kind: "event", content, rid: event.rid, owner, opens, noted });
    } finally {
      // Written, it counts as what it is from then on.
      this.#hold(owner, -1, -bytes);
    }
    if (opens && this.#windows.staying > this.#options.limits.windows)
      this.#closeEarly(this.#windows.first());
  }

  /** Appends a receipt that is owed, unless it is here already. */
  appendOwed(event: ReceiptEvent): Promise<void> {
    return this.owed.once(event.rid, () => this.append(event, "owed"));
  }

  /** Whether an event of this owner would find room now. */
  admits(owner: Owner): boolean {
    return this.#quota.event(owner, 0, this.#taken) === undefined;
  }

  async repeat(rid: string): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const window = this.#windows.counting(rid);
    if (window === undefined) {
      throw new OutboxError("unknown_window", `no open window for receipt ${rid}: append a new event`);
    }
    this.#admit(this.#quota.repeat(window.owner, repeatsLength, this.#taken));
    await this.#writing.submit({ kind: "repeat", window });
  }

  async close(rid: string): Promise<void> {
    const window = this.#windows.of(rid);
    if (window === undefined) return;
    try {
      await this.#close(window);
    } catch (error) {
      // The caller is done with it, and nobody will ask again: from now on it is one of the leftovers.
      this.#windows.disown(window);
      this.wake();
      throw error;
    }
  }

  /** Closes every window. Those that cannot be closed now stay open on disk; rejects with the first failure. */
  async closeAll(): Promise<void> {
    await Promise.all(this.#windows.all().map((window) => this.#close(window)));
  }

  /** Closes the windows that nobody asks for any more. */
  async closeLeftovers(): Promise<void> {
    await Promise.all(this.#windows.leftovers().map((window) => this.#close(window)));
  }

  /** Waits for what was asked for, then lets go of the files. */
  async stop(): Promise<void> {
    await this.#writing.idle();
    await this.#collecting;
    await this.#current?.file.close();
    this.#current = undefined;
    await this.#torn?.file.close().catch(() => {});
    await writeMark(this.#options.disk, this.#options.dir, this.#mark).catch(() => {});
  }

  /** It is noted elsewhere that this receipt is here: its record may go. */
  noted(rid: string): void {
    this.settled.letGo(rid);
    this.owed.letGo(rid);
    if (this.#removable() !== undefined) void this.#collect();
  }

  /** Wakes whoever waits for `changed`. */
  wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  // What shipping needs.

  /** The next records from `from` on, at most so many and so large; undefined when there are none. */
  shipment(from: number, most: { records: number; bytes: number }): Promise<Shipment | undefined> {
    return this.#shipping.shipment(from, most);
  }

  /** Digest of a durable record that is still on disk and can be read. */
  digestOf(offset: number): Promise<string | undefined> {
    return this.#shipping.digestOf(offset);
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
    this.wake();
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

  async #failed(error: unknown): Promise<Error> {
    if (outOfSpace(error)) {
      this.#short = true;
      await this.#collect();
    }
    return asOutboxError(error);
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
      this.#windows.opened(window, rid);
    }
    for (const [window, count] of draft.repeats) window.count = count;
    for (const window of draft.counted) {
      window.bytes += repeatsLength;
      this.#quota.add(window.owner, 0, repeatsLength);
    }
    for (const { rid } of draft.noted.settles) this.settled.hold(rid, segment);
    for (const { rid } of draft.noted.owed) this.owed.hold(rid, segment);
    for (const { window, closing } of draft.closed) {
      this.#windows.closed(window);
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
    const { disk, dir, limits, journal, region, sealer } = this.#options;
    const full = this.#current;
    if (full !== undefined && full.segment.size < limits.segmentBytes) return full;
    const begun = await beginSegment({
      disk,
      dir,
      journal,
      region,
      base: this.#next,
      sealer: await sealer(),
    });
    this.#segments.push(begun.segment);
    this.#sizes += begun.segment.size;
    this.#current = { journal, region, ...begun, counter: 0 };
    await full?.file.close().catch(() => {});
    return this.#current;
  }

  // Windows.

  #close(window: OpenWindow): Promise<void> {
    return this.#windows.whileClosing(window, () =>
      this.#writing.submit({ kind: "close", window }).catch(async (error: unknown) => {
        if ((error as { code?: unknown }).code !== "full") throw error;
        await this.#reserve.lend();
        await this.#writing.submit({ kind: "close", window });
      }),
    );
  }

  #closeEarly(window: OpenWindow | undefined): void {
    if (window === undefined) return;
    this.#close(window).catch((error: unknown) => {
      this.#options.log.warn("a window could not be closed early", { region: this.#options.region, error });
    });
  }

  // Losing and deleting.

  /** What the disk does not give back goes as a gap, and counts against nobody. */
  #lost(segment: Segment, entry: Entry): void {
    const { offset } = entry;
    this.#options.log.error("a journal record cannot be read back; it will be logged as a gap", { offset });
    segment.entries.splice(segment.entries.indexOf(entry), 1);
    if (offset > this.#mark.acknowledged) this.#quota.release(entry.owner, 1, weightOf(entry));
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
      for (const window of this.#windows.all()) if (window.segment === oldest) this.#closeEarly(window);
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
