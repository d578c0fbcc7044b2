/** What a journal says when it does not take something. */

import { outOfSpace, systemCode } from "./disk/disk.ts";
import type { OutboxLimits } from "./outbox.ts";
import { OutboxError } from "./outbox.ts";
import type { Refusal } from "./shares/quota.ts";

export function refused(
  refusal: Refusal,
  region: string,
  limits: Pick<OutboxLimits, "records" | "bytes">,
): OutboxError {
  const limit = `${limits[refusal.of]} ${refusal.of}`;
  if (refusal.by === "space") {
    const message = `the journal for ${region} is at its limit of ${limit}: is its notary reachable?`;
    return new OutboxError("full", message);
  }
  const message = `one tenant holds its share of the journal for ${region} (${limit} for all): others go on; is its notary reachable?`;
  return new OutboxError("tenant_full", message);
}

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
