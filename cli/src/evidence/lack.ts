/** Why a log gave nothing: a reason for the evidence, and words for the person who asked. */

import type { DeclaredLack } from "@companyos/receipts";
import { CannotAsk } from "../cannot-ask.ts";

export type LackReason =
  | "unreachable"
  | "timed_out"
  | "cut"
  | "forbidden"
  | "refused"
  | "failed"
  | "malformed"
  | "no_absence"
  | "no_notary"
  | "not_asked";

export interface Lack extends DeclaredLack {
  readonly reason: LackReason;
  /** What happened, without the region. */
  readonly message: string;
}

/**
 * What a failed request says about the log. `begun`: after the answer had begun. Rethrows what is no failure of the
 * network, and CannotAsk: no other log would be asked with more success.
 */
export function lackOf(region: string, error: unknown, begun = false): Lack {
  if (error instanceof CannotAsk) throw error;
  const { code, message } = deepest(error);
  if (code === "") throw error;
  if (code.startsWith("UND_ERR_") && code.endsWith("_TIMEOUT")) {
    return { region, reason: "timed_out", message: `no answer in time (${message})` };
  }
  if (begun) return { region, reason: "cut", message: `the answer broke off (${message})` };
  return { region, reason: "unreachable", message: `cannot be reached (${message})` };
}

/** What an answer other than 200 says about the log. */
export function lackOfStatus(region: string, status: number, said: string): Lack {
  if (status === 401 || status === 403)
    return { region, reason: "forbidden", message: `may not be asked: ${said}` };
  if (status >= 500 || status === 429)
    return { region, reason: "failed", message: `could not answer: ${said}` };
  return { region, reason: "refused", message: `refused: ${said}` };
}

/** The error that the others were caused by. */
function deepest(error: unknown): { code: string; message: string } {
  let last = error as { code?: unknown; message?: unknown; cause?: unknown; errors?: unknown[] };
  for (let depth = 0; depth < 8; depth++) {
    const next = last.errors?.[0] ?? last.cause;
    if (typeof next !== "object" || next === null) break;
    last = next as typeof last;
  }
  return {
    code: typeof last.code === "string" ? last.code : "",
    message: String(last.message || last.code || error),
  };
}
