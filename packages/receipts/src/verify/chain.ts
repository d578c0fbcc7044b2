import { logChain, type ReceiptClaims } from "../claims.ts";
import { refuse } from "../refusals.ts";
import type { UnrecordedResponses } from "./unrecorded.ts";

/** What is remembered of the receipts that open a chain: all that a count needs. */
export type Opening = Omit<ReceiptClaims, "_sd"> & { readonly unrecorded?: UnrecordedResponses };

/**
 * The order of one handle's receipts. For a tenant the receipts between genesis and the predecessor of the period may
 * be left out; the chain `_log` is whole.
 */
export class Chain {
  /** Genesis and, in a chain of a period, the predecessor: whether they count is known at the end. */
  readonly opening: Opening[] = [];
  /** Uid of the Tenant, as the genesis discloses it. */
  uid: string | null = null;
  /** iat of the third receipt: from here on everything counts. */
  third: number | undefined;
  #last: { readonly seq: number; readonly idx: number } | undefined;

  get last(): { readonly seq: number; readonly idx: number } | undefined {
    return this.#last;
  }

  /** The receipt after the part that was left out; undefined when nothing was. */
  get resumed(): Opening | undefined {
    const second = this.opening[1];
    return second !== undefined && second.seq > 1 ? second : undefined;
  }

  /**
   * Returns whether the receipt is one of the opening. Refuses `GENESIS_MISSING`, `SEQ_REPEATED`, `SEQ_GAP`,
   * `PREV_MISMATCH`.
   */
  add(claims: ReceiptClaims, unrecorded?: UnrecordedResponses): boolean {
    const before = this.#last;
    if (before === undefined) this.#begin(claims);
    else if (claims.seq <= before.seq) {
      refuse("SEQ_REPEATED", `number ${claims.seq} of ${claims.sub} follows number ${before.seq}`);
    } else if (claims.seq > before.seq + 1) this.#resume(claims, before);
    else if (claims.prev !== before.idx) {
      refuse("PREV_MISMATCH", `prev is ${claims.prev}, but the receipt before stands at ${before.idx}`);
    }
    this.#last = { seq: claims.seq, idx: claims.idx };
    if (this.opening.length === 2) {
      this.third ??= claims.iat;
      return false;
    }
    const { _sd: _, ...opening } = claims;
    this.opening.push(unrecorded === undefined ? opening : { ...opening, unrecorded });
    return true;
  }

  /** iat of the first receipt that is not before `from`; undefined when there is none. */
  firstSince(from: number): number | undefined {
    return this.opening.find(({ iat }) => iat >= from)?.iat ?? this.third;
  }

  #begin(claims: ReceiptClaims): void {
    const { sub, seq, prev, type } = claims;
    if (seq !== 0) refuse("GENESIS_MISSING", `the chain ${sub} begins with number ${seq}`);
    if (sub !== logChain && type !== "tenant.opened")
      refuse("GENESIS_MISSING", `a tenant's chain begins with ${type}`);
    if (prev !== -1) refuse("PREV_MISMATCH", `prev of a genesis is −1, not ${prev}`);
  }

  #resume(claims: ReceiptClaims, before: { readonly idx: number }): void {
    if (claims.sub === logChain || this.opening.length !== 1) {
      refuse("SEQ_GAP", `number ${claims.seq} of ${claims.sub} follows number ${this.#last!.seq}`);
    }
    // Every receipt left out has an index of its own between the two.
    if (claims.prev >= claims.idx || claims.prev < before.idx + claims.seq - 1) {
      refuse(
        "PREV_MISMATCH",
        `prev ${claims.prev} leaves no room for the receipts before number ${claims.seq}`,
      );
    }
  }
}
