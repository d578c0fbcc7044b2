/**
 * Room on the disk that is kept for what makes room: the closings of windows, and the note of what was acknowledged.
 * Without it a disk that a journal itself has filled stays full for ever: segments go only once their windows are
 * closed and what is in them is noted as acknowledged, and both need to be written first.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";
import type { Disk } from "./disk.ts";
import { outOfSpace } from "./disk.ts";

const name = "reserve";
/** A disk that had no room for it is tried again no sooner, ms. */
const retryMs = 500;

export class Reserve {
  readonly #disk: Disk;
  readonly #path: string;
  readonly #bytes: number;
  #held: boolean;
  #refused = Number.NEGATIVE_INFINITY;
  /** One at a time: keeping and lending touch the same file. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Rejects with the disk's error, unless that is a lack of room. */
  static async open(disk: Disk, dir: string, bytes: number): Promise<Reserve> {
    const reserve = new Reserve(disk, dir, bytes, (await disk.list(dir)).includes(name));
    await reserve.keep();
    return reserve;
  }

  private constructor(disk: Disk, dir: string, bytes: number, held: boolean) {
    this.#disk = disk;
    this.#path = join(dir, name);
    this.#bytes = bytes;
    this.#held = held;
  }

  get held(): boolean {
    return this.#held;
  }

  /** Takes the room; false when there is not that much. */
  keep(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (this.#held) return true;
      if (performance.now() - this.#refused < retryMs) return false;
      try {
        // Random, because some file systems give no room for zeros.
        const text = randomBytes(Math.ceil((this.#bytes * 3) / 4)).toString("base64");
        await this.#disk.replace(this.#path, text);
        this.#held = true;
      } catch (error) {
        if (!outOfSpace(error)) throw error;
        this.#refused = performance.now();
      }
      return this.#held;
    });
  }

  /** Lets go of it, for what makes room. */
  lend(): Promise<void> {
    return this.#inTurn(async () => {
      if (!this.#held) return;
      await this.#disk.unlink(this.#path);
      this.#held = false;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }
}
