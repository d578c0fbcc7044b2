import type { ReceiptClaims } from "../claims.ts";
import type { ReceiptDecision } from "../types/receipt-type.ts";
import { type ReceiptType, receiptType } from "../types/table.ts";
import { leavesAllowed } from "./decide.ts";
import { isUnrecorded, sumOf, type UnrecordedResponses } from "./unrecorded.ts";

export interface ReceiptCount {
  readonly type: ReceiptType;
  readonly decision: ReceiptDecision;
  readonly receipts: number;
  /** Responses or events these receipts stand for: the sum of their counts. */
  readonly count: number;
}

export interface CountedRegions {
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  /** Where placements were observed. */
  readonly observed: readonly string[];
}

export const roles = ["requested", "allowed", "observed"] as const satisfies (keyof CountedRegions)[];

/** What counts besides type and decision. */
export interface Marks {
  /** A placement observed outside the allowed regions. */
  readonly outside: boolean;
  /** Responses that were counted, not recorded. */
  readonly unrecorded: boolean;
}

/** What a receipt adds besides itself. */
export function countedAs(claims: Omit<ReceiptClaims, "_sd">): {
  readonly marks: Marks;
  readonly regions: CountedRegions;
} {
  const { type, requested, allowed } = claims;
  const observed = receiptType(type).about === "placement";
  return {
    marks: { outside: observed && leavesAllowed(claims), unrecorded: isUnrecorded(claims) },
    regions: { requested, allowed, observed: observed ? requested : [] },
  };
}

/** Sums of receipts, in constant memory. */
export class Tally {
  readonly #counts = new Map<
    string,
    { type: ReceiptType; decision: ReceiptDecision; receipts: number; count: number }
  >();
  readonly #tags = { requested: new Set<string>(), allowed: new Set<string>(), observed: new Set<string>() };
  #outside = 0;
  #unrecorded = 0;
  #unrecordedResponses: UnrecordedResponses | undefined;

  add(claims: Omit<ReceiptClaims, "_sd">): void {
    const { type, decision, count } = claims;
    const { marks, regions } = countedAs(claims);
    this.count({ type, decision, receipts: 1, count }, marks);
    for (const role of roles) this.note(role, regions[role]);
  }

  count({ type, decision, receipts, count }: ReceiptCount, { outside, unrecorded }: Marks): void {
    const key = `${type} ${decision}`;
    const entry = this.#counts.get(key) ?? { type, decision, receipts: 0, count: 0 };
    entry.receipts += receipts;
    entry.count += count;
    this.#counts.set(key, entry);
    if (outside) this.#outside += receipts;
    if (unrecorded) this.#unrecorded += count;
  }

  addUnrecorded(responses: UnrecordedResponses): void {
    this.#unrecordedResponses = sumOf(this.#unrecordedResponses, responses);
  }

  note(role: keyof CountedRegions, tags: readonly string[]): void {
    const known = this.#tags[role];
    for (const tag of tags) known.add(tag);
  }

  counts(): ReceiptCount[] {
    return [...this.#counts.values()].sort((a, b) => (a.type + a.decision < b.type + b.decision ? -1 : 1));
  }

  /** Receipts counted. */
  total(): number {
    return this.counts().reduce((sum, { receipts }) => sum + receipts, 0);
  }

  /** Requests that were blocked: first ones and their repeats. */
  blocks(): number {
    return this.counts()
      .filter(({ type, decision }) => receiptType(type).about === "request" && decision === "block")
      .reduce((sum, { count }) => sum + count, 0);
  }

  /** Placements observed outside the allowed regions, whatever the mode. */
  get outside(): number {
    return this.#outside;
  }

  /** Responses that were counted, not recorded. */
  get unrecorded(): number {
    return this.#unrecorded;
  }

  /** What is disclosed of those. */
  get unrecordedResponses(): UnrecordedResponses | undefined {
    return this.#unrecordedResponses;
  }

  regions(): CountedRegions {
    const { requested, allowed, observed } = this.#tags;
    return { requested: [...requested].sort(), allowed: [...allowed].sort(), observed: [...observed].sort() };
  }
}
