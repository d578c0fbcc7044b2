import type { ReceiptClaims } from "../claims.ts";
import { type CountedRegions, countedAs, maxTags, type ReceiptCount, roles, type Tally } from "./coverage.ts";

/**
 * What a part's receipts come to, by time: where a period ends is known only after its last receipt. Holds four numbers
 * for each second and kind of receipt, and when each region was first named.
 */
export class Timeline {
  readonly #kinds: (Pick<ReceiptCount, "type" | "decision"> & { readonly outside: boolean })[] = [];
  readonly #kindOf = new Map<string, number>();
  readonly #iat: number[] = [];
  readonly #kind: number[] = [];
  readonly #receipts: number[] = [];
  readonly #count: number[] = [];
  /** Entry of each kind in the second that is being written. */
  readonly #now = new Map<number, number>();
  readonly #tags: Record<keyof CountedRegions, Map<string, number>> = {
    requested: new Map(),
    allowed: new Map(),
    observed: new Map(),
  };

  /** By rising `iat`. */
  add(claims: ReceiptClaims): void {
    const { iat, count } = claims;
    const { outside, regions } = countedAs(claims);
    const kind = this.#kindFor(claims, outside);
    if (iat !== this.#iat.at(-1)) this.#now.clear();
    const at = this.#now.get(kind);
    if (at === undefined) {
      this.#now.set(kind, this.#iat.length);
      this.#iat.push(iat);
      this.#kind.push(kind);
      this.#receipts.push(1);
      this.#count.push(count);
    } else {
      this.#receipts[at]!++;
      this.#count[at]! += count;
    }
    for (const role of roles) this.#note(role, regions[role], iat);
  }

  /** Adds to the tally what is not after `to`, in seconds. */
  until(to: number, tally: Tally): void {
    for (let i = 0; i < this.#iat.length && this.#iat[i]! <= to; i++) {
      const { outside, ...kind } = this.#kinds[this.#kind[i]!]!;
      tally.count({ ...kind, receipts: this.#receipts[i]!, count: this.#count[i]! }, outside);
    }
    for (const role of roles) {
      const named = [...this.#tags[role]].filter(([, first]) => first <= to);
      tally.note(
        role,
        named.map(([tag]) => tag),
      );
    }
  }

  #kindFor({ type, decision }: ReceiptClaims, outside: boolean): number {
    const key = `${type} ${decision} ${outside}`;
    const known = this.#kindOf.get(key);
    if (known !== undefined) return known;
    this.#kindOf.set(key, this.#kinds.length);
    return this.#kinds.push({ type, decision, outside }) - 1;
  }

  #note(role: keyof CountedRegions, tags: readonly string[], iat: number): void {
    const known = this.#tags[role];
    for (const tag of tags) if (!known.has(tag) && known.size < maxTags) known.set(tag, iat);
  }
}
