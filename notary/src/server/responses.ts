/**
 * Every error response has the same shape: `{code, message}`, and more fields for some codes. `invalid: {path, expected}`
 * names the field of a request that is wrong. The codes are part of the protocol between senders and notaries, and these
 * may be of different versions: they stay in lower case.
 */

import type { FormatError } from "@companyos/outbox/wire";
import { BusyError } from "@companyos/service";
import type { Response } from "express";

import { isNotaryError, type NotaryErrorCode } from "../writer/errors.ts";

export function respond(
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

/** False: the error is internal, the caller must not see it. */
export function respondError(response: Response, error: unknown): boolean {
  const { name, code, message, invalid } = (error ?? {}) as Partial<FormatError>;
  if (isNotaryError(error)) {
    if (statuses[error.code] === 503 || error.code === "busy")
      response.set("Retry-After", String(error.retryAfter ?? 1));
    const { expected, invalid } = error;
    const more = { ...(expected === undefined ? {} : { expected }), ...(invalid && { invalid }) };
    respond(response, statuses[error.code], error.code, error.message, more);
    return true;
  }
  if (error instanceof BusyError) {
    response.set("Retry-After", "1");
    respond(response, 429, "busy", error.message);
    return true;
  }
  if (name === "FormatError") {
    respond(response, 400, code ?? "bad_request", message ?? "", invalid && { invalid });
    return true;
  }
  return false;
}
