/** Reads sealed records back, neighbours with one read. Made anew for each shipment: it caches what it read. */

import type { Disk } from "../disk/disk.ts";
import type { SealedRecord } from "../wire/shipment.ts";
import { sealedStart } from "./frame.ts";
import { frameAt } from "./read-frame.ts";
import type { Entry, Segment } from "./segment.ts";

const ahead = 512 << 10;

export class SegmentReader {
  readonly #disk: Disk;
  #path = "";
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(disk: Disk) {
    this.#disk = disk;
  }

  /** Undefined when the disk does not give back what it took. */
  async sealed(segment: Segment, entry: Entry): Promise<SealedRecord | undefined> {
    const head = sealedStart(entry.first === undefined ? "record" : "closing");
    const frame = await this.#read(segment, entry.span.position - head, head + entry.span.length);
    if (frameAt(frame, 0)?.end !== frame.length) return undefined;
    return { offset: entry.offset, segment: segment.id, data: frame.toString("base64url", head) };
  }

  async #read(segment: Segment, start: number, length: number): Promise<Buffer> {
    const inside = () =>
      this.#path === segment.path &&
      start >= this.#start &&
      start + length <= this.#start + this.#bytes.length;
    if (!inside()) {
      // Never beyond what is durable: behind it a write may be under way.
      const readLength = Math.min(Math.max(length, ahead), segment.size - start);
      this.#bytes = await this.#disk.read(segment.path, start, readLength);
      this.#path = segment.path;
      this.#start = start;
    }
    return this.#bytes.subarray(start - this.#start, start - this.#start + length);
  }
}
