/** Why a log gave nothing: a reason for the evidence, and a message for the person who asked. */

import type { DeclaredLack } from "@companyos/receipts";
import { tooLarge } from "../bounded-text.ts";
import { CannotAsk } from "../cannot-ask.ts";
import type { Notary } from "../notaries.ts";

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
  | "lost"
  | "not_asked";

/** Which log it is about. */
export type Where = Pick<Notary, "region" | "name">;

export interface Lack extends DeclaredLack {
  readonly reason: LackReason;
  /** Of the log, for people: its region, with the notary's host where a region has several. */
  readonly name: string;
  /** What happened, without the log's name. */
  readonly message: string;
}

/**
 * What a failed request says about the log. `begun`: after the response had begun. Rethrows what is no failure of the
 * network, and CannotAsk, which every other log would end in too.
 */
export function lackOf(where: Where, error: unknown, begun = false): Lack {
  if (error instanceof CannotAsk) throw error;
  const { region, name } = where;
  const { code, message } = deepest(error);
  if (code === "") throw error;
  if (code.startsWith("UND_ERR_") && code.endsWith("_TIMEOUT")) {
    return { region, name, reason: "timed_out", message: `no response in time (${message})` };
  }
  if (begun || code === tooLarge)
    return { region, name, reason: "cut", message: `the response broke off (${message})` };
  return { region, name, reason: "unreachable", message: `cannot be reached (${message})` };
}

/** What a response other than 200 says about the log. */
export function lackOfStatus({ region, name }: Where, status: number, said: string): Lack {
  if (status === 401 || status === 403)
    return { region, name, reason: "forbidden", message: `may not be asked: ${said}` };
  if (status >= 500 || status === 429)
    return { region, name, reason: "failed", message: `could not respond: ${said}` };
  return { region, name, reason: "refused", message: `refused: ${said}` };
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
