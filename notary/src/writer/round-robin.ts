/**
 * Two levels of round robin: over senders, and over the journals of each sender, so that a flood from one sender delays
 * only itself. Records of a journal stay in order of offset. The notary's own receipts go first, up to a quarter of a
 * batch while senders wait: every request for evidence makes one.
 */

/** What the order hangs on. `journal` undefined: the notary's own. */
export interface Waiting {
  readonly journal: { readonly id: string; readonly owner: string } | undefined;
}

export class RoundRobin<Item extends Waiting> {
  #own: Item[] = [];
  /** Owner → journal → its items. After its turn an entry moves to the end of its map. */
  readonly #owners = new Map<string, Map<string, Item[]>>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get own(): number {
    return this.#own.length;
  }

  /** The first of each queue: whatever waits longest is among them. */
  heads(): Item[] {
    const journals = [...this.#owners.values()].flatMap((items) => [...items.values()]);
    return [this.#own, ...journals].flatMap((items) => items.slice(0, 1));
  }

  all(): Item[] {
    return [...this.#own, ...[...this.#owners.values()].flatMap((items) => [...items.values()].flat())];
  }

  /** One journal's, in order. */
  of(journal: string): readonly Item[] {
    for (const journals of this.#owners.values()) {
      const items = journals.get(journal);
      if (items) return items;
    }
    return [];
  }

  push(item: Item): void {
    this.#length++;
    if (item.journal === undefined) {
      this.#own.push(item);
      return;
    }
    const { id, owner } = item.journal;
    const journals = this.#owners.get(owner) ?? new Map<string, Item[]>();
    this.#owners.set(owner, journals);
    const items = journals.get(id);
    if (items) items.push(item);
    else journals.set(id, [item]);
  }

  /** Up to `count` items, each journal's from its beginning. Removes nothing. */
  first(count: number): Item[] {
    const own = Math.ceil(count / 4);
    const taken = this.#own.slice(0, own);
    /** Each owner's journals, with how many of their items are taken. */
    let owners = [...this.#owners.values()].map((journals) =>
      [...journals.values()].map((items) => ({ items, next: 0 })),
    );
    while (taken.length < count && owners.length > 0) {
      for (const journals of owners) {
        if (taken.length >= count) break;
        const journal = journals.shift()!;
        taken.push(journal.items[journal.next++]!);
        if (journal.next < journal.items.length) journals.push(journal);
      }
      owners = owners.filter((journals) => journals.length > 0);
    }
    return [...taken, ...this.#own.slice(own, own + count - taken.length)];
  }

  /** Removes the items that are `done`. */
  drop(done: (item: Item) => boolean): void {
    const left = (items: Item[]) => {
      const rest = items.filter((item) => !done(item));
      this.#length -= items.length - rest.length;
      return rest;
    };
    this.#own = left(this.#own);
    for (const [owner, journals] of [...this.#owners]) {
      let served = false;
      for (const [id, items] of [...journals]) {
        const rest = left(items);
        if (rest.length === items.length) continue;
        served = true;
        journals.delete(id);
        if (rest.length > 0) journals.set(id, rest);
      }
      if (!served) continue;
      this.#owners.delete(owner);
      if (journals.size > 0) this.#owners.set(owner, journals);
    }
  }
}
