import type { Invalid } from "@companyos/service/body";

export type FormatErrorCode = "bad_shipment" | "unsealable" | "bad_event";

export class FormatError extends Error {
  override readonly name = "FormatError";
  readonly code: FormatErrorCode;
  /** With `bad_shipment`: what is wrong. */
  readonly invalid: Invalid | undefined;
  constructor(code: FormatErrorCode, message: string, options?: ErrorOptions & { invalid?: Invalid }) {
    super(message, options);
    this.code = code;
    this.invalid = options?.invalid;
  }
}
