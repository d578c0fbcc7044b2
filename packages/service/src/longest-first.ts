/**
 * Things of many owners under one limit: what has to go is taken from whoever has the most (longest queue drop), the
 * oldest first. So nobody's number makes room for itself at the cost of others. Every operation takes constant time.
 */
export class LongestFirst<Item, Owner = string> {
  readonly #items = new Map<Owner, Set<Item>>();
  readonly #ownerOf = new Map<Item, Owner>();
  /** Number of items → owners with so many. */
  readonly #bySize = new Map<number, Set<Owner>>();
  #most = 0;

  get size(): number {
    return this.#ownerOf.size;
  }

  /** How many one owner has. */
  of(owner: Owner): number {
    return this.#items.get(owner)?.size ?? 0;
  }

  add(owner: Owner, item: Item): void {
    if (this.#ownerOf.has(item)) return;
    this.#ownerOf.set(item, owner);
    const items = this.#items.get(owner) ?? new Set();
    this.#items.set(owner, items.add(item));
    this.#move(owner, items.size - 1, items.size);
    this.#most = Math.max(this.#most, items.size);
  }

  /** What is not there is no error. */
  delete(item: Item): void {
    const owner = this.#ownerOf.get(item);
    const items = owner === undefined ? undefined : this.#items.get(owner);
    if (items === undefined) return;
    this.#ownerOf.delete(item);
    items.delete(item);
    if (items.size === 0) this.#items.delete(owner as Owner);
    this.#move(owner as Owner, items.size + 1, items.size);
    if (!this.#bySize.has(this.#most)) this.#most--;
  }

  /** The oldest item of an owner that has the most; undefined when there is none. */
  first(): Item | undefined {
    const [owner] = this.#bySize.get(this.#most) ?? [];
    const [item] = owner === undefined ? [] : (this.#items.get(owner) ?? []);
    return item;
  }

  #move(owner: Owner, from: number, to: number): void {
    const left = this.#bySize.get(from);
    left?.delete(owner);
    if (left?.size === 0) this.#bySize.delete(from);
    if (to === 0) return;
    const joined = this.#bySize.get(to) ?? new Set();
    this.#bySize.set(to, joined.add(owner));
  }
}
