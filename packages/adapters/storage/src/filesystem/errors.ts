/** System errors in the words of the port. */

import type { StorageErrorCode } from "../port.ts";
import { StorageError } from "../port.ts";

const codes: Readonly<Record<string, StorageErrorCode>> = {
  ENOSPC: "FULL",
  EDQUOT: "FULL",
  EACCES: "DENIED",
  EPERM: "DENIED",
  EROFS: "DENIED",
  EFBIG: "CORRUPT",
  ELOOP: "CORRUPT",
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
  const code = codes[system] ?? "UNAVAILABLE";
  const what =
    code === "FULL" ? "the disk is full: free space or enlarge the volume" : system || "unknown error";
  return new StorageError(code, `${doing}: ${what}`, { cause: error });
}

function isStorageError(error: unknown): error is StorageError {
  return (error as { name?: unknown } | null)?.name === "StorageError";
}
