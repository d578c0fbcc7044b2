/**
 * What waits to be logged. Per journal exactly the records mark + 1, mark + 2 …, so that a record can be logged
 * neither twice nor out of order; each stays here until it is known to be committed.
 */

import { FairShare } from "@companyos/service/fair-share";
import type { Item } from "./item.ts";
import { Turns } from "./turns.ts";

export class CommitQueue {
  readonly #turns = new Turns<Item>();
  /** Records that wait, by owner. */
  readonly #share = new FairShare<string>();

  get length(): number {
    return this.#turns.length;
  }

  /** Events of the notary itself. */
  get own(): number {
    return this.#turns.own;
  }

  /** When what waits longest arrived, by `performance.now`; undefined: nothing waits. */
  get oldest(): number | undefined {
    const heads = this.#turns.heads();
    return heads.length === 0 ? undefined : Math.min(...heads.map(({ since }) => since));
  }

  /** The next batch: senders and their journals by turns. */
  first(count: number): Item[] {
    return this.#turns.first(count);
  }

  /** Whether so many more of this owner's records may wait, of at most `limit` of everybody's. */
  fits(owner: string, records: number, limit: number): boolean {
    return this.#share.fits(owner, records, limit - this.length);
  }

  push(item: Item): void {
    this.#turns.push(item);
    if (item.journal) this.#share.add(item.journal.owner, 1);
  }

  /** Items of one journal that wait, in order of offset; whoever else submits into it is not its owner. */
  of(journal: string): readonly Item[] {
    return this.#turns.of(journal);
  }

  /** Takes out what `done` says is settled. */
  drop(done: (item: Item) => boolean): void {
    this.#turns.drop((item) => {
      if (!done(item)) return false;
      if (item.journal) this.#share.add(item.journal.owner, -1);
      return true;
    });
  }

  rejectAll(error: unknown): void {
    const items = this.#turns.all();
    this.drop(() => true);
    for (const item of items) item.reject(error);
  }
}
