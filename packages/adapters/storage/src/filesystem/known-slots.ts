/**
 * Which slots of a key are in use, without listing its folder every time: a log's head makes thousands of slots an
 * hour, and a swap must not cost more for that.
 *
 * What a look at the folder has shown stays true in one respect. Slot n + 1 is only ever made by a writer that has
 * seen n as the highest, and slots go lowest first, an hour old at least. So if n was the highest at some time less
 * than half an hour ago, whatever was made above it since is still there, without a hole: the first slot that is
 * missing above n ends them. A slot that a sleeping writer made long after its turn lies below n and is never looked
 * at. When memory is older, its slot is gone, the clock went back, or too much has been made since, the folder is
 * listed.
 */

import { slotAgeMs, slotsKept } from "./slots.ts";

const trustedMs = slotAgeMs / 2;
const maxProbes = 64;
const maxKeys = 1_000;

interface Known {
  /** Highest slot at the time `since`. */
  readonly highest: number;
  readonly since: number;
  /** Nothing of importance is below. */
  lowest: number;
}

interface Look {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Slots above 0, ascending. */
  readonly list: (path: string) => Promise<number[]>;
  readonly exists: (path: string, slot: number) => Promise<boolean>;
}

export class KnownSlots {
  readonly #look: Look;
  readonly #keys = new Map<string, Known>();

  constructor(look: Look) {
    this.#look = look;
  }

  /** The highest slot, 0 when there is none above. If it cannot be read, the key was deleted: forget and ask again. */
  async highest(path: string): Promise<number> {
    const { now, exists } = this.#look;
    const known = this.#keys.get(path);
    const since = now();
    if (known !== undefined && this.#trusted(known.since)) {
      let highest = known.highest;
      while (highest - known.highest < maxProbes && (await exists(path, highest + 1))) highest++;
      if (highest - known.highest < maxProbes) {
        this.#remember(path, { highest, since, lowest: known.lowest });
        return highest;
      }
    }
    return this.#list(path, since);
  }

  /**
   * Whether `slot`, which we made after a look at the folder at `began`, continues the value that was seen then;
   * false: it may be one that had been collected while we slept.
   */
  async nearTop(path: string, slot: number, began: number): Promise<boolean> {
    const { now, exists } = this.#look;
    const since = now();
    if (slot > 1 && this.#trusted(began) && (await exists(path, slot - 1))) return true;
    return (await this.#list(path, since)) - slot < slotsKept;
  }

  /** The slot to look at first when old ones are removed. */
  async lowest(path: string): Promise<number> {
    const known = this.#keys.get(path);
    if (known !== undefined) return known.lowest;
    await this.#list(path, this.#look.now());
    return this.#keys.get(path)?.lowest ?? 1;
  }

  collected(path: string, slot: number): void {
    const known = this.#keys.get(path);
    if (known !== undefined) known.lowest = slot + 1;
  }

  forget(path: string): void {
    this.#keys.delete(path);
  }

  async #list(path: string, since: number): Promise<number> {
    const slots = await this.#look.list(path);
    const highest = slots.at(-1) ?? 0;
    // Most keys are never swapped: nothing to remember of them.
    if (highest === 0) this.forget(path);
    else this.#remember(path, { highest, since, lowest: slots[0] as number });
    return highest;
  }

  #remember(path: string, known: Known): void {
    if (this.#keys.size >= maxKeys && !this.#keys.has(path)) this.#keys.clear();
    this.#keys.set(path, known);
  }

  #trusted(since: number): boolean {
    const age = this.#look.now() - since;
    return age >= 0 && age < trustedMs;
  }
}
