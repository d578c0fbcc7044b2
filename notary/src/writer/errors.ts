/** Why the writer would not go on, or would not take something. */

import type { Invalid } from "@companyos/service/body";
import type { NotaryErrorCode } from "../error-codes.ts";

export type { NotaryErrorCode } from "../error-codes.ts";

export class NotaryError extends Error {
  override readonly name = "NotaryError";
  readonly code: NotaryErrorCode;
  /** With `gap`: the offset that should come next. */
  readonly expected: number | undefined;
  /** With `bad_request`: what is wrong, when it is one field. */
  readonly invalid: Invalid | undefined;
  /** With `busy`: when it is worth trying again, in seconds. */
  readonly retryAfter: number | undefined;

  constructor(
    code: NotaryErrorCode,
    message: string,
    options?: ErrorOptions & { expected?: number; retryAfter?: number; invalid?: Invalid },
  ) {
    super(message, options);
    this.code = code;
    this.expected = options?.expected;
    this.invalid = options?.invalid;
    this.retryAfter = options?.retryAfter;
  }
}

export function isNotaryError(error: unknown, code?: NotaryErrorCode): error is NotaryError {
  const e = error as { name?: unknown; code?: unknown } | null;
  return typeof e === "object" && e?.name === "NotaryError" && (code === undefined || e.code === code);
}
