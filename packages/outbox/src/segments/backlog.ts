/** Which records are durable here and which of them the notary has; those it has not count against their owners. */

import type { Shares } from "../shares/shares.ts";
import type { Mark } from "./mark.ts";
import { entriesBetween, findEntry } from "./records.ts";
import type { Entry, Segment } from "./segment.ts";
import { weightOf } from "./segment.ts";

export class Backlog {
  readonly #segments: readonly Segment[];
  readonly #shares: Shares;
  #mark: Mark;
  #next: number;

  /** `segments`: those there are, oldest first; `next`: offset of the record that is appended next. */
  constructor(segments: readonly Segment[], shares: Shares, mark: Mark, next: number) {
    this.#segments = segments;
    this.#shares = shares;
    this.#mark = mark;
    this.#next = next;
  }

  get mark(): Mark {
    return this.#mark;
  }

  /** Offset of the record that is appended next. */
  get next(): number {
    return this.#next;
  }

  /** Highest offset acknowledged; −1: none. */
  get acknowledged(): number {
    return this.#mark.acknowledged;
  }

  /** Highest offset that is durable here; −1: none. */
  get durable(): number {
    return this.#next - 1;
  }

  /** Records that are not acknowledged. */
  get records(): number {
    return this.durable - this.acknowledged;
  }

  /** When the oldest of them was appended; undefined when there is none (left). */
  get oldest(): number | undefined {
    return this.records === 0 ? undefined : findEntry(this.#segments, this.acknowledged + 1)?.entry.time;
  }

  /** Counts what an earlier process left. */
  countRecovered(): void {
    this.#add(this.acknowledged, this.#next);
  }

  /** These are durable in `segment`; `next` comes after them. */
  appended(entries: readonly Entry[], segment: Segment, next: number): void {
    for (const entry of entries) {
      segment.entries.push(entry);
      // The repeats of a closing are counted already.
      this.#shares.add(entry.owner, 1, weightOf({ ...entry, repeats: 0 }));
    }
    this.#next = next;
  }

  /** The notary has everything up to `offset`, and nothing above. */
  acknowledge(offset: number, digest: string | undefined): void {
    const { acknowledged, highest } = this.#mark;
    for (const entry of entriesBetween(this.#segments, acknowledged, offset + 1))
      this.#shares.release(entry.owner, 1, weightOf(entry));
    // Shipping again what was acknowledged (a notary lost its log) makes it wait again.
    this.#add(offset, acknowledged + 1);
    this.#mark = { acknowledged: offset, highest: Math.max(highest, offset), digest };
  }

  /** What the disk does not give back goes as a gap, and counts against nobody. */
  lost(segment: Segment, entry: Entry): void {
    segment.entries.splice(segment.entries.indexOf(entry), 1);
    if (entry.offset > this.acknowledged) this.#shares.release(entry.owner, 1, weightOf(entry));
  }

  #add(after: number, end: number): void {
    for (const entry of entriesBetween(this.#segments, after, end))
      this.#shares.add(entry.owner, 1, weightOf(entry));
  }
}
