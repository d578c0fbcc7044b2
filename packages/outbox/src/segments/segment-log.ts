/** The segments of one region: those there are, oldest first, and the one that is being written. */

import type { Sealer } from "@companyos/keys";
import type { Disk, SegmentFile } from "../disk/disk.ts";
import { beginSegment } from "./begin-segment.ts";
import type { DraftPlace } from "./draft.ts";
import type { Segment } from "./segment.ts";

/** The segment being written; its data key is in memory only. */
export interface Writable extends DraftPlace {
  readonly file: SegmentFile;
}

export interface SegmentLogOptions {
  readonly dir: string;
  readonly journal: string;
  readonly region: string;
  /** A segment is closed when it is longer. */
  readonly segmentBytes: number;
  readonly disk: Disk;
  readonly sealer: () => Promise<Sealer>;
}

export class SegmentLog {
  readonly #options: SegmentLogOptions;
  readonly #all: Segment[];
  #current: Writable | undefined;
  /** A failed write may have left bytes behind `segment.size`; nothing is written before they are cut off. */
  #torn: Writable | undefined;
  #bytes: number;
  syncs = 0;

  constructor(options: SegmentLogOptions, segments: Segment[]) {
    this.#options = options;
    this.#all = segments;
    this.#bytes = segments.reduce((sum, { size }) => sum + size, 0);
  }

  /** Oldest first; always the same list. */
  get all(): readonly Segment[] {
    return this.#all;
  }

  /** On disk. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether one of them is still to be written to. */
  get writing(): boolean {
    return this.#current !== undefined || this.#torn !== undefined;
  }

  /** Where the next batch goes; `next`: its first offset. */
  async writable(next: number): Promise<Writable> {
    await this.#repair();
    const { disk, dir, segmentBytes, journal, region, sealer } = this.#options;
    const full = this.#current;
    if (full !== undefined && full.segment.size < segmentBytes) return full;
    const begun = await beginSegment({ disk, dir, journal, region, base: next, sealer: await sealer() });
    this.#all.push(begun.segment);
    this.#bytes += begun.segment.size;
    this.#current = { journal, region, ...begun, counter: 0 };
    await full?.file.close().catch(() => {});
    return this.#current;
  }

  /** Durable when resolved. When it rejects, nothing of it stays, and the next batch goes to another segment. */
  async write(current: Writable, bytes: Uint8Array): Promise<void> {
    try {
      await current.file.append(bytes);
      this.syncs++;
      await current.file.sync();
    } catch (error) {
      // Its counters are used up and its tail is unknown: cut it off and go on in another segment.
      this.#torn = current;
      this.#current = undefined;
      await this.#repair().catch(() => {});
      throw error;
    }
    current.segment.size += bytes.length;
    this.#bytes += bytes.length;
  }

  async deleteOldest(): Promise<void> {
    const [oldest] = this.#all;
    if (oldest === undefined) return;
    await this.#options.disk.unlink(oldest.path);
    this.#all.shift();
    this.#bytes -= oldest.size;
  }

  /** Lets go of the files. */
  async close(): Promise<void> {
    await this.#current?.file.close();
    this.#current = undefined;
    await this.#torn?.file.close().catch(() => {});
  }

  async #repair(): Promise<void> {
    const torn = this.#torn;
    if (torn === undefined) return;
    await torn.file.truncate(torn.segment.size);
    await torn.file.sync();
    this.#torn = undefined;
    await torn.file.close().catch(() => {});
  }
}
