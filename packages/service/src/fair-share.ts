/**
 * How much of a shared space one owner may hold, when what is held cannot be pushed out again. Dynamic thresholds
 * (Choudhury and Hahne, IEEE/ACM ToN 6(2), 1998, with alpha 1): an owner may hold at most as much as is free. There,
 * queues drain when the threshold falls; here nothing drains while a notary is away, and owners that come one after
 * the other would leave a half, a quarter, an eighth. So the threshold is also divided by how many hold at least as
 * much: after k owners took all they get, 1/(k+1) of the space is still free, and who holds little is asked for little.
 */
export class FairShare<Owner> {
  readonly #held = new Map<Owner, number>();
  #total = 0;

  get total(): number {
    return this.#total;
  }

  /** Owners that hold anything. */
  get owners(): number {
    return this.#held.size;
  }

  of(owner: Owner): number {
    return this.#held.get(owner) ?? 0;
  }

  /** The most that one owner holds. */
  get largest(): number {
    let most = 0;
    for (const held of this.#held.values()) most = Math.max(most, held);
    return most;
  }

  /** Whether `size` more are within the owner's share of a space of which `free` are unused now. */
  fits(owner: Owner, size: number, free: number): boolean {
    const then = this.of(owner) + size;
    const left = free - size;
    if (left < then) return false;
    // Most hold less than the least share there is: no need to rank them.
    if (then * (this.#held.size + 1) <= left) return true;
    let rank = 1;
    for (const [other, held] of this.#held) if (held >= then && other !== owner) rank++;
    return then * rank <= left;
  }

  add(owner: Owner, size: number): void {
    const held = this.of(owner) + size;
    if (held < 0) throw new RangeError(`${-size} given back, ${this.of(owner)} held`);
    this.#total += size;
    if (held === 0) this.#held.delete(owner);
    else this.#held.set(owner, held);
  }
}
