import type { ReceiptClaims } from "../claims.ts";
import type { Budget } from "./budget.ts";
import {
  type CountedRegions,
  countedAs,
  type Marks,
  type ReceiptCount,
  roles,
  type Tally,
} from "./coverage.ts";
import { sumOf, type UnrecordedResponses } from "./unrecorded.ts";

/**
 * What a part's receipts come to, by time: where a period ends is known only after its last receipt. Holds four numbers
 * for each second and kind of receipt, five for each second in which something is told of responses that were counted, and
 * when each region was first named.
 */
export class Timeline {
  readonly #kinds: (Pick<ReceiptCount, "type" | "decision"> & Marks)[] = [];
  readonly #kindOf = new Map<string, number>();
  readonly #iat: number[] = [];
  readonly #kind: number[] = [];
  readonly #receipts: number[] = [];
  readonly #count: number[] = [];
  readonly #unrecordedResponses: { readonly iat: number; responses: UnrecordedResponses }[] = [];
  /** Entry of each kind in the second that is being written. */
  readonly #now = new Map<number, number>();
  readonly #tags: Record<keyof CountedRegions, Map<string, number>> = {
    requested: new Map(),
    allowed: new Map(),
    observed: new Map(),
  };

  readonly #budget: Budget;

  constructor(budget: Budget) {
    this.#budget = budget;
  }

  /** By rising `iat`. */
  add(claims: ReceiptClaims): void {
    const { iat, count } = claims;
    const { marks, regions } = countedAs(claims);
    const kind = this.#kindFor(claims, marks);
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

  /** What the receipt of this second tells; by rising `iat`. */
  addUnrecorded(iat: number, responses: UnrecordedResponses): void {
    const last = this.#unrecordedResponses.at(-1);
    if (last?.iat === iat) last.responses = sumOf(last.responses, responses);
    else this.#unrecordedResponses.push({ iat, responses });
  }

  /** Adds to the tally what is not after `to`, in seconds. */
  until(to: number, tally: Tally): void {
    for (let i = 0; i < this.#iat.length && this.#iat[i]! <= to; i++) {
      const { type, decision, ...marks } = this.#kinds[this.#kind[i]!]!;
      tally.count({ type, decision, receipts: this.#receipts[i]!, count: this.#count[i]! }, marks);
    }
    for (const { iat, responses } of this.#unrecordedResponses) if (iat <= to) tally.addUnrecorded(responses);
    for (const role of roles) {
      const named = [...this.#tags[role]].filter(([, first]) => first <= to);
      tally.note(
        role,
        named.map(([tag]) => tag),
      );
    }
  }

  #kindFor({ type, decision }: ReceiptClaims, { outside, unrecorded }: Marks): number {
    const key = `${type} ${decision} ${outside} ${unrecorded}`;
    const known = this.#kindOf.get(key);
    if (known !== undefined) return known;
    this.#kindOf.set(key, this.#kinds.length);
    return this.#kinds.push({ type, decision, outside, unrecorded }) - 1;
  }

  #note(role: keyof CountedRegions, tags: readonly string[], iat: number): void {
    const known = this.#tags[role];
    for (const tag of tags) if (!known.has(tag) && this.#budget.spend("regions")) known.set(tag, iat);
  }
}
