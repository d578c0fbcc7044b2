/** `bad_event`: what a sender submitted; `CLAIM_MISSING`: what it did not say; `bad_place`: what the notary made of it; `bad_source`: what a prover gave. */
export type ReceiptErrorCode = "bad_event" | "CLAIM_MISSING" | "bad_place" | "bad_source";

/** Wrong use by whoever makes receipts, logs or bundles. What verifiers refuse is a `Refusal`. */
export class ReceiptError extends Error {
  readonly code: ReceiptErrorCode;
  constructor(code: ReceiptErrorCode, message: string) {
    super(message);
    this.name = "ReceiptError";
    this.code = code;
  }
}
