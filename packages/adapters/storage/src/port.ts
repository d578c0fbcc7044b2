/** The storage port. One driver a folder; every driver passes `conformance/suite.ts`. */

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Opaque; equal tags mean equal content. Given back to `cas`. */
  readonly tag: string;
}

export type CasResult = { readonly ok: true; readonly tag: string } | { readonly ok: false };

/** Bytes `from … to − 1`, clipped to the object. Default: all of it. */
export interface ByteRange {
  readonly from?: number;
  readonly to?: number;
}

export interface StoredStream {
  /** Bytes of the whole object, whatever the range. */
  readonly size: number;
  /**
   * Read it to the end or cancel it: until then it holds a file or a connection. All chunks are of one value, even when
   * the key is replaced or deleted meanwhile. Errors with StorageError.
   */
  readonly bytes: ReadableStream<Uint8Array>;
}

export interface StreamLimits {
  /** More than this is `TOO_LARGE`. */
  readonly maxBytes: number;
  /** Aborts the write, also while the source hangs; it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Storage {
  /** Undefined when there is no such key. */
  get(key: string): Promise<StoredObject | undefined>;
  /** As `get`, but streamed, of any size. Throws TypeError for an invalid range. */
  getStream(key: string, range?: ByteRange): Promise<StoredStream | undefined>;
  /** Keys that start with `prefix`, in code-point order. */
  list(prefix: string): AsyncIterable<string>;
  /** Writes unless the key exists. Durable when resolved. `false`: it existed (whatever its content). */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * As `putIfAbsent`, but streamed. The key appears when the source has ended, with all its bytes, and never before.
   * When the source throws, exceeds the limit or is aborted, nothing is left; an error of the source is thrown as it is.
   */
  putStreamIfAbsent(key: string, source: AsyncIterable<Uint8Array>, limits: StreamLimits): Promise<boolean>;
  /**
   * Replaces the value only if its tag is `expected` (`null`: only if absent). Durable when resolved.
   * Throws StorageError `AMBIGUOUS` when it cannot tell whether it happened: read and compare.
   */
  cas(key: string, expected: string | null, bytes: Uint8Array): Promise<CasResult>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
}

export type StorageErrorCode =
  | "UNAVAILABLE"
  | "AMBIGUOUS"
  | "FULL"
  | "DENIED"
  | "BAD_KEY"
  | "CORRUPT"
  | "TOO_LARGE";

/** Keys: `/`-separated segments of [A-Za-z0-9._=-]{1,200}, none of them `.` or `..`; at most 900 characters. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
