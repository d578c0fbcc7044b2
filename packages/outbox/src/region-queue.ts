/**
 * The durable queue of one region: numbered, sealed records in append-only segments, and the windows whose repeats are
 * being counted. One writer at a time: everything asked for while the disk is busy shares the next write and the
 * next fdatasync (group commit). State changes only after the sync succeeded.
 */

import type { Sealer } from "@companyos/keys";
import type { ReceiptEvent } from "@companyos/receipts";
import { type Faults, isForeseen } from "@companyos/service";
import { outOfSpace, Reserve } from "@companyos/service/reserve";
import type { Disk } from "./disk/disk.ts";
import { GroupCommit } from "./group-commit.ts";
import type { OutboxLimits, OutboxLog } from "./outbox.ts";
import { asOutboxError, diskFull, OutboxError } from "./outbox-error.ts";
import { Backlog } from "./segments/backlog.ts";
import { Cleanup } from "./segments/cleanup.ts";
import type { Noted, Operation } from "./segments/draft.ts";
import { Draft } from "./segments/draft.ts";
import { repeatsLength } from "./segments/frame.ts";
import { KeptReceipts } from "./segments/kept-receipts.ts";
import { writeMark } from "./segments/mark.ts";
import { type Recovered, recover } from "./segments/recover.ts";
import type { Segment } from "./segments/segment.ts";
import { weightOf } from "./segments/segment.ts";
import { SegmentLog } from "./segments/segment-log.ts";
import { type Owner, ownerOf } from "./shares/owner.ts";
import { Shares } from "./shares/shares.ts";
import { Shipments } from "./shipping/shipments.ts";
import type { OpenWindow } from "./windows/open-window.ts";
import { WindowCloser } from "./windows/window-closer.ts";
import { WindowHolds } from "./windows/window-holds.ts";
import { opensWindow, Windows } from "./windows/windows.ts";
import { eventContent } from "./wire/event-content.ts";
import { sealOverhead } from "./wire/seal.ts";

export interface RegionQueueOptions {
  readonly dir: string;
  readonly journal: string;
  readonly region: string;
  readonly cluster: string;
  readonly limits: OutboxLimits;
  readonly disk: Disk;
  readonly log: OutboxLog;
  readonly faults: Faults;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds by a clock that is never set. */
  readonly elapsed: () => number;
  /** Throws OutboxError `no_region_key`. */
  readonly sealer: () => Promise<Sealer>;
}

const maxBatchCommands = 4096;
/** A batch is written whole or not at all: on a full disk, few at a time find room. */
const maxBatchCommandsOnFullDisk = 32;
const maxBatchBytes = 2 << 20;
/**
 * The reserve is this part of a segment. A closing takes less than half of the event that opened its window, so all
 * windows of a segment can be closed in it, and the segment can go.
 */
const reserveShare = 2;

export class RegionQueue {
  readonly #options: RegionQueueOptions;
  readonly #reserve: Reserve;
  readonly #segments: SegmentLog;
  readonly #windowHolds: WindowHolds;
  readonly #windows: Windows;
  readonly #closer: WindowCloser;
  readonly #shares: Shares;
  readonly #writing: GroupCommit<Operation>;
  readonly #cleanup: Cleanup;
  /** Receipts that settle accounts, until that is noted elsewhere. */
  readonly settled: KeptReceipts;
  /** Receipts that their sender owed, until it has crossed them off. */
  readonly owed: KeptReceipts;
  readonly backlog: Backlog;
  /** What goes to the notary. */
  readonly shipments: Shipments;
  #change = Promise.withResolvers<void>();
  /** The last write found the disk full. */
  #diskFull = false;
  #appended = 0;

  static async open(options: RegionQueueOptions): Promise<RegionQueue> {
    const { disk, dir, limits, log } = options;
    const recovered = await recover(disk, dir, options, log);
    const reserve = await Reserve.open(disk, dir, limits.segmentBytes / reserveShare);
    const opened = new RegionQueue(options, recovered, reserve);
    await opened.#cleanup.run();
    return opened;
  }

  private constructor(options: RegionQueueOptions, recovered: Recovered, reserve: Reserve) {
    const { dir, disk, elapsed, limits, region, log, faults } = options;
    const { windows } = recovered;
    this.#options = options;
    this.#reserve = reserve;
    this.#segments = new SegmentLog({ ...options, segmentBytes: limits.segmentBytes }, recovered.segments);
    const segments = this.#segments.all;
    const written = () => ({ records: this.backlog.records, bytes: this.#segments.bytes });
    this.#shares = new Shares({ region, limits, written });
    this.backlog = new Backlog(segments, this.#shares, recovered.mark, recovered.next);
    this.backlog.countRecovered();
    for (const window of windows.values()) this.#shares.add(window.owner, 0, window.bytes);
    this.#windowHolds = new WindowHolds(windows.values(), recovered.closings);
    this.settled = new KeptReceipts(recovered.settled);
    this.owed = new KeptReceipts(recovered.owed);
    this.#windows = new Windows(windows);
    this.shipments = new Shipments({ ...options, segments, backlog: this.backlog });
    this.#writing = new GroupCommit({
      maxCount: () => (this.#diskFull ? maxBatchCommandsOnFullDisk : maxBatchCommands),
      maxBytes: maxBatchBytes,
      bytesOf: (operation) => (operation.kind === "event" ? operation.content.length : 64),
      write: (operations) => this.#writeBatch(operations),
      written: () => this.wake(),
      failed: (error) => this.#failed(error),
    });
    this.#closer = new WindowCloser({
      region,
      windows: this.#windows,
      reserve,
      log,
      faults,
      write: (window) => this.#writing.submit({ kind: "close", window }),
    });
    this.#cleanup = new Cleanup({
      dir,
      disk,
      log,
      faults,
      elapsed,
      segments: this.#segments,
      reserve,
      mark: () => this.backlog.mark,
      diskFull: () => this.#diskFull,
      maxBytes: limits.bytes / 2,
      closeWindowsOf: (segment) => this.#closer.closeEarlyIn(segment),
    });
  }

  // What callers ask for.

  /** An event that settles an account of decisions that could not be recorded has room that tenants have not. */
  async append(event: ReceiptEvent, noted: Noted = "no"): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const owner = ownerOf(this.#options.journal, noted === "settles" ? undefined : event.tenant);
    this.#shares.admitEvent(owner, 0);
    const opens = opensWindow(event.type);
    const content = eventContent(event);
    const bytes = weightOf({ span: { position: 0, length: content.length + sealOverhead } });
    this.#shares.admitEvent(owner, bytes);
    const operation: Operation = { kind: "event", content, rid: event.rid, owner, opens, noted };
    await this.#shares.whileWriting(owner, bytes, () => this.#writing.submit(operation));
    if (opens) this.#closer.closeExcess(this.#options.limits.windows);
  }

  /** Appends a receipt that is owed, unless it is here already. */
  appendOwed(event: ReceiptEvent): Promise<void> {
    return this.owed.once(event.rid, () => this.append(event, "owed"));
  }

  /** Whether an event of this owner would find room now. */
  admits(owner: Owner): boolean {
    return this.#shares.admits(owner);
  }

  async repeat(rid: string): Promise<void> {
    if (!this.#reserve.held) await this.#keepReserve();
    const window = this.#windows.counting(rid);
    if (window === undefined)
      throw new OutboxError("unknown_window", `no open window for receipt ${rid}: append a new event`);
    this.#shares.admitRepeat(window.owner, repeatsLength);
    await this.#writing.submit({ kind: "repeat", window });
  }

  async close(rid: string): Promise<void> {
    const window = this.#windows.of(rid);
    if (window === undefined) return;
    try {
      await this.#closer.close(window);
    } catch (error) {
      // The caller is done with it, and nobody will ask again: from now on it is one of the leftovers.
      this.#windows.disown(window);
      this.wake();
      throw error;
    }
  }

  /** Closes every window. Those that cannot be closed now stay open on disk; rejects with the first failure. */
  closeAll(): Promise<void> {
    return this.#closer.closeAll(this.#windows.all());
  }

  /** Closes the windows that nobody asks for any more. */
  closeLeftovers(): Promise<void> {
    return this.#closer.closeAll(this.#windows.leftovers());
  }

  /** Waits for what was asked for, then lets go of the files. */
  async stop(): Promise<void> {
    await this.#writing.idle();
    await this.#cleanup.idle();
    await this.#segments.close();
    await writeMark(this.#options.disk, this.#options.dir, this.backlog.mark).catch(() => {});
  }

  /** It is noted elsewhere that this receipt is here: its record may go. */
  noted(rid: string): void {
    this.settled.release(rid);
    this.owed.release(rid);
    if (this.#cleanup.due) void this.#cleanup.run();
  }

  /** Wakes whoever waits for `changed`. */
  wake(): void {
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  // What shipping needs.

  /** The notary has everything up to `offset`, and nothing above. */
  async acknowledge(offset: number, digest: string | undefined): Promise<void> {
    this.backlog.acknowledge(offset, digest);
    this.#windowHolds.acknowledged(offset);
    await this.#cleanup.run();
    this.wake();
  }

  /** Resolves at the next append or acknowledgement. */
  changed(): Promise<void> {
    return this.#change.promise;
  }

  /** On disk, records kept for open windows included. */
  get bytes(): number {
    return this.#segments.bytes;
  }

  get openWindows(): number {
    return this.#windows.size;
  }

  /** Tenants whose records wait, and how many records the one with the most has. */
  get holders(): { readonly tenants: number; readonly largest: number } {
    return this.#shares.holders;
  }

  /** Since it was opened. */
  get counts(): { readonly appended: number; readonly syncs: number } {
    return { appended: this.#appended, syncs: this.#segments.syncs };
  }

  // Writing.

  async #writeBatch(operations: readonly Operation[]): Promise<void> {
    const { next } = this.backlog;
    const current = await this.#segments.writable(next);
    const draft = new Draft(current, next, this.#options.now);
    for (const operation of operations) draft.add(operation);
    await this.#segments.write(current, draft.finish());
    this.#diskFull = false;
    this.#commit(draft, current.segment);
  }

  #commit(draft: Draft, segment: Segment): void {
    this.backlog.appended(draft.entries, segment, draft.next);
    this.#appended += draft.entries.length;
    for (const { offset, rid, owner } of draft.opened) {
      const window: OpenWindow = { first: offset, segment, owner, count: 0, bytes: 0 };
      this.#windowHolds.opened(window);
      this.#windows.opened(window, rid);
    }
    for (const [window, count] of draft.repeats) window.count = count;
    for (const window of draft.counted) {
      window.bytes += repeatsLength;
      this.#shares.add(window.owner, 0, repeatsLength);
    }
    for (const { rid } of draft.noted.settles) this.settled.hold(rid, segment);
    for (const { rid } of draft.noted.owed) this.owed.hold(rid, segment);
    for (const { window, closing } of draft.closed) {
      this.#windows.closed(window);
      this.#windowHolds.closed(window, closing);
    }
  }

  async #failed(error: unknown): Promise<Error> {
    if (outOfSpace(error)) {
      this.#diskFull = true;
      await this.#cleanup.run();
    }
    const { region, faults } = this.#options;
    // Whoever appended is told of the journal only.
    if (!isForeseen(error)) faults("background", error, { region }, "the journal cannot be written");
    return asOutboxError(error);
  }

  /** Nothing is added while the room for what makes room is not there. */
  async #keepReserve(): Promise<void> {
    const kept = await this.#reserve.keep().catch((error: unknown) => {
      throw asOutboxError(error);
    });
    if (!kept) throw diskFull();
  }
}
