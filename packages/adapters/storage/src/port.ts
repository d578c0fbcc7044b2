/** The storage port. One driver a folder; every driver passes `conformance.ts`. */

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Opaque; equal tags mean equal content. Given back to `cas`. */
  readonly tag: string;
}

export type CasResult = { readonly ok: true; readonly tag: string } | { readonly ok: false };

export interface Storage {
  /** Undefined when there is no such key. */
  get(key: string): Promise<StoredObject | undefined>;
  /** Keys that start with `prefix`, in code-point order. */
  list(prefix: string): AsyncIterable<string>;
  /** Writes unless the key exists. Durable when resolved. `false`: it existed (whatever its content). */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * Replaces the value only if its tag is `expected` (`null`: only if absent). Durable when resolved.
   * Throws StorageError `ambiguous` when it cannot tell whether it happened: read and compare.
   */
  cas(key: string, expected: string | null, bytes: Uint8Array): Promise<CasResult>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
}

export type StorageErrorCode = "unavailable" | "ambiguous" | "full" | "denied" | "bad_key" | "corrupt";

/** Keys: `/`-separated segments of [A-Za-z0-9._=-]{1,200}, none of them `.` or `..`; at most 900 characters. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
