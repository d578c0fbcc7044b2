/**
 * What waits to be logged. Per journal exactly the records mark + 1, mark + 2 …, so that a record can be logged
 * neither twice nor out of order; each stays here until it is known to be committed.
 */

import { FairShare } from "@companyos/service/fair-share";
import type { Item } from "./item.ts";
import { RoundRobin } from "./round-robin.ts";

export class CommitQueue {
  readonly #items = new RoundRobin<Item>();
  /** Records that wait, by owner. */
  readonly #share = new FairShare<string>();

  get length(): number {
    return this.#items.length;
  }

  /** Events of the notary itself. */
  get own(): number {
    return this.#items.own;
  }

  /** When what waits longest arrived, by `performance.now`; undefined: nothing waits. */
  get oldest(): number | undefined {
    const heads = this.#items.heads();
    return heads.length === 0 ? undefined : Math.min(...heads.map(({ since }) => since));
  }

  /** The next batch: senders and their journals by turns. */
  first(count: number): Item[] {
    return this.#items.first(count);
  }

  /** Whether `records` more of this owner may wait; `limit`: records of all owners. */
  fits(owner: string, records: number, limit: number): boolean {
    return this.#share.fits(owner, records, limit - this.length);
  }

  push(item: Item): void {
    this.#items.push(item);
    if (item.journal) this.#share.add(item.journal.owner, 1);
  }

  /** Items of one journal that wait, in order of offset. */
  of(journal: string): readonly Item[] {
    return this.#items.of(journal);
  }

  /** Removes the items that are `done`. */
  drop(done: (item: Item) => boolean): void {
    this.#items.drop((item) => {
      if (!done(item)) return false;
      if (item.journal) this.#share.add(item.journal.owner, -1);
      return true;
    });
  }

  rejectAll(error: unknown): void {
    const items = this.#items.all();
    this.drop(() => true);
    for (const item of items) item.reject(error);
  }
}
