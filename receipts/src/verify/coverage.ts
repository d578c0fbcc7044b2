import type { ReceiptClaims } from "../claims.ts";
import type { ReceiptDecision, ReceiptType } from "../event.ts";
import { leavesAllowed } from "./decide.ts";

export interface ReceiptCount {
  readonly type: ReceiptType;
  readonly decision: ReceiptDecision;
  readonly receipts: number;
  /** Answers or events these receipts stand for: the sum of their counts. */
  readonly count: number;
}

export interface CountedRegions {
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  /** Where placements were observed. */
  readonly observed: readonly string[];
}

const maxTags = 1000;

/** Counts the tenant's receipts as they pass, in constant memory. */
export class Tally {
  readonly #counts = new Map<
    string,
    { type: ReceiptType; decision: ReceiptDecision; receipts: number; count: number }
  >();
  readonly #tags = { requested: new Set<string>(), allowed: new Set<string>(), observed: new Set<string>() };
  #outside = 0;

  /** `sign` −1 takes a receipt back that turned out to precede the period. */
  add(claims: ReceiptClaims, sign: 1 | -1 = 1): void {
    const { type, decision } = claims;
    const key = `${type} ${decision}`;
    const entry = this.#counts.get(key) ?? { type, decision, receipts: 0, count: 0 };
    entry.receipts += sign;
    entry.count += sign * claims.count;
    this.#counts.set(key, entry);
    if (type === "placement.observed" && leavesAllowed(claims)) this.#outside += sign;
    if (sign < 0) return;
    const { requested, allowed, observed } = this.#tags;
    for (const tag of claims.requested) if (requested.size < maxTags) requested.add(tag);
    for (const tag of claims.allowed) if (allowed.size < maxTags) allowed.add(tag);
    if (type === "placement.observed") {
      for (const tag of claims.requested) if (observed.size < maxTags) observed.add(tag);
    }
  }

  counts(): ReceiptCount[] {
    return [...this.#counts.values()]
      .filter(({ receipts }) => receipts > 0)
      .sort((a, b) => (a.type + a.decision < b.type + b.decision ? -1 : 1));
  }

  /** Requests answered with a block: first ones and their repeats. */
  blocks(): number {
    return this.counts()
      .filter(({ type, decision }) => type.startsWith("admission.") && decision === "block")
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** Placements observed outside the allowed regions, whatever the mode. */
  get outside(): number {
    return this.#outside;
  }

  regions(): CountedRegions {
    const { requested, allowed, observed } = this.#tags;
    return { requested: [...requested].sort(), allowed: [...allowed].sort(), observed: [...observed].sort() };
  }
}
