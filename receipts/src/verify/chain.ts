import { logChain, type ReceiptClaims } from "../claims.ts";
import { refuse } from "../refusals.ts";

/**
 * The order of one handle's receipts. For a tenant the receipts between genesis and the predecessor of the period may
 * be left out; the chain `_log` is whole.
 */
export class Chain {
  /** The first three: genesis, predecessor, and the first that counts at the latest. */
  readonly opening: ReceiptClaims[] = [];
  #last: ReceiptClaims | undefined;

  get last(): ReceiptClaims | undefined {
    return this.#last;
  }

  /** The receipt after the part that was left out; undefined when nothing was. */
  get resumed(): ReceiptClaims | undefined {
    const second = this.opening[1];
    return second !== undefined && second.seq > 1 ? second : undefined;
  }

  /** Refuses `genesis_missing`, `seq_repeated`, `seq_gap`, `prev_mismatch`. */
  add(claims: ReceiptClaims): void {
    const before = this.#last;
    if (before === undefined) this.#begin(claims);
    else if (claims.seq <= before.seq) {
      refuse("seq_repeated", `number ${claims.seq} of ${claims.sub} follows number ${before.seq}`);
    } else if (claims.seq > before.seq + 1) this.#resume(claims, before);
    else if (claims.prev !== before.idx) {
      refuse("prev_mismatch", `prev is ${claims.prev}, but the receipt before stands at ${before.idx}`);
    }
    this.#last = claims;
    if (this.opening.length < 3) this.opening.push(claims);
  }

  #begin(claims: ReceiptClaims): void {
    const { sub, seq, prev, type } = claims;
    if (seq !== 0) refuse("genesis_missing", `the chain ${sub} begins with number ${seq}`);
    if (sub !== logChain && type !== "tenant.opened")
      refuse("genesis_missing", `a tenant's chain begins with ${type}`);
    if (prev !== -1) refuse("prev_mismatch", `prev of a genesis is −1, not ${prev}`);
  }

  #resume(claims: ReceiptClaims, before: ReceiptClaims): void {
    if (claims.sub === logChain || before !== this.opening[0]) {
      refuse("seq_gap", `number ${claims.seq} of ${claims.sub} follows number ${before.seq}`);
    }
    // Every receipt left out has an index of its own between the two.
    if (claims.prev >= claims.idx || claims.prev < before.idx + claims.seq - 1) {
      refuse(
        "prev_mismatch",
        `prev ${claims.prev} leaves no room for the receipts before number ${claims.seq}`,
      );
    }
  }
}
