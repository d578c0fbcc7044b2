/** Why the writer would not go on, or would not take something. */

import type { Invalid } from "@companyos/service/body";

export type NotaryErrorCode =
  /** What the store holds contradicts itself or us; a person has to look. The writer has stopped. */
  | "halted"
  /** Another writer committed first; nothing of ours was kept. */
  | "lost"
  /** The store does not respond now; try again. */
  | "unavailable"
  /** Too much is waiting already; try again later. */
  | "busy"
  /** The writer is stopping. */
  | "stopping"
  /** Same journal, same offset, other content. */
  | "conflict"
  /** Records are missing before these; `expected` says from where to send. */
  | "gap"
  /** The sender's service account may not submit this, or not into this journal. */
  | "denied"
  /** The checkpoint to prove from is another log's. */
  | "since_foreign"
  /** It bears this log's name, and not its signature. */
  | "since_forged"
  /** This log's key signed it over more than the log has. */
  | "since_ahead"
  /** This log's key signed another root at that size. */
  | "since_split"
  /** Malformed. */
  | "bad_request"
  /** No such tenant, receipt or journal. */
  | "unknown";

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
