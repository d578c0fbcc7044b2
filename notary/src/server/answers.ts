/**
 * Every refusal has the same shape: `{code, message}`, and what else the code promises. `invalid: {path, expected}` says
 * which field of a request is wrong.
 */

import type { FormatError } from "@companyos/outbox/wire";
import { BusyError } from "@companyos/service";
import type { Response } from "express";

import { isNotaryError, type NotaryErrorCode } from "../writer/errors.ts";

export function answer(
  response: Response,
  status: number,
  code: string,
  message: string,
  more: Record<string, unknown> = {},
): void {
  response.status(status).json({ code, message, ...more });
}

const statuses: Readonly<Record<NotaryErrorCode, number>> = {
  halted: 503,
  lost: 503,
  unavailable: 503,
  stopping: 503,
  busy: 429,
  conflict: 409,
  gap: 409,
  denied: 403,
  since_foreign: 400,
  since_forged: 400,
  since_ahead: 409,
  since_split: 409,
  bad_request: 400,
  unknown: 404,
};

/** False when the error is not one that a caller may be told about. */
export function answerError(response: Response, error: unknown): boolean {
  const { name, code, message, invalid } = (error ?? {}) as Partial<FormatError>;
  if (isNotaryError(error)) {
    if (statuses[error.code] === 503 || error.code === "busy")
      response.set("Retry-After", String(error.retryAfter ?? 1));
    const { expected, invalid } = error;
    const more = { ...(expected === undefined ? {} : { expected }), ...(invalid && { invalid }) };
    answer(response, statuses[error.code], error.code, error.message, more);
    return true;
  }
  if (error instanceof BusyError) {
    response.set("Retry-After", "1");
    answer(response, 429, "busy", error.message);
    return true;
  }
  if (name === "FormatError") {
    answer(response, 400, code ?? "bad_request", message ?? "", invalid && { invalid });
    return true;
  }
  return false;
}
