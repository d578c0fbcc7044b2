/** Deletes segments, oldest first, once they are acknowledged and nothing holds them; notes how far the notary is. */

import { outOfSpace, type Reserve } from "@companyos/service/reserve";
import type { Disk } from "../disk/disk.ts";
import { type Failures, warnOfFailure } from "../failures.ts";
import type { Mark } from "./mark.ts";
import { writeMark } from "./mark.ts";
import type { Segment } from "./segment.ts";
import type { SegmentLog } from "./segment-log.ts";

/** The mark is only a hint. Before a segment goes, it is always written. */
const markIntervalMs = 5000;

export interface CleanupOptions extends Failures {
  readonly dir: string;
  readonly disk: Disk;
  /** Milliseconds by a clock that is never set. */
  readonly elapsed: () => number;
  readonly segments: SegmentLog;
  readonly reserve: Reserve;
  readonly mark: () => Mark;
  /** Whether the last write found the disk full. */
  readonly diskFull: () => boolean;
  /** Segments take up so much that windows are to let go of the oldest one. */
  readonly maxBytes: number;
  readonly closeWindowsOf: (segment: Segment) => void;
}

export class Cleanup {
  readonly #options: CleanupOptions;
  #running: Promise<void> = Promise.resolve();
  #markWritten: number;

  constructor(options: CleanupOptions) {
    this.#options = options;
    this.#markWritten = options.elapsed();
  }

  /** One at a time. Never rejects: what cannot be removed now is removed by a later run. */
  run(): Promise<void> {
    this.#running = this.#running.then(() => this.#run());
    return this.#running;
  }

  /** Resolves when no run is under way. */
  idle(): Promise<void> {
    return this.#running;
  }

  async #run(): Promise<void> {
    const { dir, elapsed, segments, reserve, maxBytes, closeWindowsOf } = this.#options;
    try {
      if (this.due || elapsed() - this.#markWritten >= markIntervalMs) {
        this.#markWritten = elapsed();
        await this.#writeMark();
      }
      while (this.due) await segments.deleteOldest();
      await reserve.keep();
    } catch (error) {
      const message = "acknowledged segments could not be removed; trying again later";
      warnOfFailure(this.#options, message, error, { dir });
    }
    const [oldest] = segments.all;
    if (segments.bytes > maxBytes && oldest !== undefined && oldest.holds > 0) closeWindowsOf(oldest);
  }

  /**
   * Whether the oldest segment may go. The last one stays, as a second witness of how far the numbers are, unless the
   * disk is full and nothing is written to it any more: it may be all that fills it.
   */
  get due(): boolean {
    const { segments, mark, diskFull } = this.#options;
    const [oldest] = segments.all;
    if (oldest === undefined || oldest.holds > 0) return false;
    if ((oldest.entries.at(-1)?.offset ?? -1) > mark().acknowledged) return false;
    return segments.all.length > 1 || (diskFull() && !segments.writing);
  }

  async #writeMark(): Promise<void> {
    const { disk, dir, mark, reserve } = this.#options;
    try {
      await writeMark(disk, dir, mark());
    } catch (error) {
      if (!outOfSpace(error)) throw error;
      await reserve.lend();
      await writeMark(disk, dir, mark());
    }
  }
}
