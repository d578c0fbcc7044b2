/** `BAD_EVENT`: what a sender submitted; `CLAIM_MISSING`: what it did not say; `BAD_PLACE`: what the notary made of it; `BAD_SOURCE`: what a prover gave. */
export type ReceiptErrorCode = "BAD_EVENT" | "CLAIM_MISSING" | "BAD_PLACE" | "BAD_SOURCE";

/** Wrong use by whoever makes receipts, logs or bundles. What verifiers refuse is a `Refusal`. */
export class ReceiptError extends Error {
  readonly code: ReceiptErrorCode;
  constructor(code: ReceiptErrorCode, message: string) {
    super(message);
    this.name = "ReceiptError";
    this.code = code;
  }
}
