import { outOfSpace } from "@companyos/service/reserve";
import { systemCode } from "./disk/disk.ts";

/** In lower case, as they are no reason codes: people meet them only in logs and as the label `reason` of metrics. */
export type OutboxErrorCode =
  /** Disk full, or the backlog is at its limit: do not respond as if it were recorded. Passes by itself. */
  | "full"
  /** One tenant has its share of a backlog that does not drain; other tenants' events are taken. Passes by itself. */
  | "tenant_full"
  /** The region's public key has never been seen: its notary must be reached once. */
  | "no_region_key"
  /** No notary is configured for the region. */
  | "unknown_region"
  /** That window is not open. */
  | "unknown_window"
  /** The disk refuses (I/O error, permissions). */
  | "unavailable"
  /** Another process has the folder. */
  | "locked"
  /** The folder holds something that is not a journal of ours. */
  | "corrupt"
  | "bad_event"
  | "stopped";

export class OutboxError extends Error {
  override readonly name = "OutboxError";
  readonly code: OutboxErrorCode;
  constructor(code: OutboxErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a journal says of an error of its disk. */
export function asOutboxError(error: unknown): OutboxError {
  if ((error as { name?: unknown }).name === "OutboxError") return error as OutboxError;
  if (outOfSpace(error)) return diskFull(error);
  const code = systemCode(error);
  return new OutboxError("unavailable", `the journal cannot be written (${code || "unknown error"})`, {
    cause: error,
  });
}

export function diskFull(cause?: unknown): OutboxError {
  return new OutboxError("full", "the journal's disk is full: free space or enlarge its volume", { cause });
}
