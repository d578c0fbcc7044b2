/**
 * Room on the disk that is kept for what makes room, such as the closings of a journal's windows and the note of what was
 * acknowledged. Without it a disk that a journal itself has filled stays full for ever: segments go only once their
 * windows are closed and what is in them is noted as acknowledged, and both need to be written first.
 */

import { randomBytes } from "node:crypto";
import { join } from "node:path";

/** The file operations under it. They reject with Node's system errors (`.code`). */
export interface ReserveDisk {
  list(path: string): Promise<string[]>;
  /** Replaces a small file as a whole; durable when resolved. */
  replace(path: string, text: string): Promise<unknown>;
  unlink(path: string): Promise<void>;
}

const name = "reserve";
/** A disk that had no room for it is tried again no sooner, ms. */
const retryMs = 500;

export class Reserve {
  readonly #disk: ReserveDisk;
  readonly #path: string;
  readonly #bytes: number;
  #held: boolean;
  #refused = Number.NEGATIVE_INFINITY;
  /** One at a time: keeping and lending touch the same file. */
  #turn: Promise<unknown> = Promise.resolve();

  /** Rejects with the disk's error, unless that is a lack of room. */
  static async open(disk: ReserveDisk, dir: string, bytes: number): Promise<Reserve> {
    const reserve = new Reserve(disk, dir, bytes, (await disk.list(dir)).includes(name));
    await reserve.keep();
    return reserve;
  }

  private constructor(disk: ReserveDisk, dir: string, bytes: number, held: boolean) {
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

/** Whether the disk, or this user's share of it, is full. */
export function outOfSpace(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return code === "ENOSPC" || code === "EDQUOT";
}
