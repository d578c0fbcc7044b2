/** System errors in the words of the port. */

import type { StorageErrorCode } from "../port.ts";
import { StorageError } from "../port.ts";

const codes: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: "full",
  EDQUOT: "full",
  EACCES: "denied",
  EPERM: "denied",
  EROFS: "denied",
  EFBIG: "corrupt",
  ELOOP: "corrupt",
};

export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === "string" ? code : "";
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR";
}

/** Wraps a system error; a StorageError stays as it is. */
export function storageError(error: unknown, doing: string): StorageError {
  if (isStorageError(error)) return error;
  const system = codeOf(error);
  const code = codes[system] ?? "unavailable";
  const what =
    code === "full" ? "the disk is full: free space or enlarge the volume" : system || "unknown error";
  return new StorageError(code, `${doing}: ${what}`, { cause: error });
}

function isStorageError(error: unknown): error is StorageError {
  return (error as { name?: unknown } | null)?.name === "StorageError";
}
