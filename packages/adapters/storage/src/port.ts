/** The storage port. One driver a folder; every driver passes `conformance.ts`. */

export interface StoredObject {
  readonly bytes: Uint8Array;
  /** Opaque; equal tags mean equal content. Given back to `cas`. */
  readonly tag: string;
}

export type CasResult = { readonly ok: true; readonly tag: string } | { readonly ok: false };

/** Bytes `from … to − 1` of an object, as far as it has them: without `from` from its first, without `to` to its last. */
export interface ByteRange {
  readonly from?: number;
  readonly to?: number;
}

export interface StoredStream {
  /** Bytes of the whole object, whatever the range. */
  readonly size: number;
  /**
   * To be read to its end or cancelled: until then it holds a file or a connection. Chunks of one value, also when
   * that is replaced or deleted meanwhile; fails with StorageError when it cannot be read on.
   */
  readonly bytes: ReadableStream<Uint8Array>;
}

export interface StreamLimits {
  /** A source that gives more is `too_large`. */
  readonly maxBytes: number;
  /** Gives up, also while the source does not answer: rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface Storage {
  /** Undefined when there is no such key. */
  get(key: string): Promise<StoredObject | undefined>;
  /** As `get`, piece by piece, of any size. Throws TypeError for what is no range. */
  getStream(key: string, range?: ByteRange): Promise<StoredStream | undefined>;
  /** Keys that start with `prefix`, in code-point order. */
  list(prefix: string): AsyncIterable<string>;
  /** Writes unless the key exists. Durable when resolved. `false`: it existed (whatever its content). */
  putIfAbsent(key: string, bytes: Uint8Array): Promise<boolean>;
  /**
   * As `putIfAbsent`. The key is there once the source has ended, with all it gave, and not before. When the source
   * throws, gives too much or is given up, nothing is left, and what the source threw is thrown.
   */
  putStreamIfAbsent(key: string, source: AsyncIterable<Uint8Array>, limits: StreamLimits): Promise<boolean>;
  /**
   * Replaces the value only if its tag is `expected` (`null`: only if absent). Durable when resolved.
   * Throws StorageError `ambiguous` when it cannot tell whether it happened: read and compare.
   */
  cas(key: string, expected: string | null, bytes: Uint8Array): Promise<CasResult>;
  /** Deleting what is not there is no error. */
  delete(key: string): Promise<void>;
}

export type StorageErrorCode =
  | "unavailable"
  | "ambiguous"
  | "full"
  | "denied"
  | "bad_key"
  | "corrupt"
  | "too_large";

/** Keys: `/`-separated segments of [A-Za-z0-9._=-]{1,200}, none of them `.` or `..`; at most 900 characters. */
export class StorageError extends Error {
  readonly code: StorageErrorCode;
  constructor(code: StorageErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StorageError";
    this.code = code;
  }
}
