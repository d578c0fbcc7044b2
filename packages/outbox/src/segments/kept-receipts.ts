/**
 * Receipts whose records stay on disk, acknowledged or not, until their sender has noted elsewhere that the journal has
 * them: whoever starts in between finds the record, and does not append it again. As many as wait for that note.
 */

import type { Segment } from "./segment.ts";

export class KeptReceipts {
  readonly #segments: Map<string, Segment>;
  readonly #underway = new Map<string, Promise<void>>();

  /** `found`: receipts that recovery came upon, by id. */
  constructor(found: ReadonlyMap<string, Segment>) {
    this.#segments = new Map(found);
    for (const segment of found.values()) segment.holds++;
  }

  has(rid: string): boolean {
    return this.#segments.has(rid);
  }

  rids(): string[] {
    return [...this.#segments.keys()];
  }

  /** Runs `append`, which holds the receipt, unless it is held or that is under way. */
  once(rid: string, append: () => Promise<void>): Promise<void> {
    if (this.has(rid)) return Promise.resolve();
    let underway = this.#underway.get(rid);
    if (underway === undefined) {
      underway = append().finally(() => this.#underway.delete(rid));
      this.#underway.set(rid, underway);
    }
    return underway;
  }

  hold(rid: string, segment: Segment): void {
    segment.holds++;
    this.#segments.set(rid, segment);
  }

  release(rid: string): void {
    const segment = this.#segments.get(rid);
    if (segment !== undefined) segment.holds--;
    this.#segments.delete(rid);
  }
}
