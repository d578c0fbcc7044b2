/** What is told of one document in a file. */

/** A Kubernetes object as JSON gives it: nothing about its shape may be trusted. */
// biome-ignore lint/suspicious/noExplicitAny: objects come from users; readers check what they read
export type KubeObject = Record<string, any>;

/** Lists and maps inside each other, in one document. Further limits are those of ../go/main.go. */
export const maxDepth = 500;

/** Documents of one file that may be too large, or end their reader, before the rest of it is given up: each costs seconds. */
export const mostCostly = 3;

/** Documents of one file, empty ones too. */
export const mostDocuments = 50_000;

/** Documents of one file that cannot be read, before the rest of it is given up: nobody reads more of what is said of them. */
export const mostUnreadable = 100;

/** Of reading one file, milliseconds. What is being read then is ended, where it is more than a few lines. */
export const mostTime = 20_000;

/** Of the JSON of all documents of one file, their aliases followed. */
export const maxFileJsonBytes = 64 * 1024 * 1024;

/** Of reading all files together, milliseconds: what is not begun by then is given up. */
export const mostTotalTime = 300_000;

/** Of the JSON of all documents of all files: it is held, several times as large, until everything is decided. */
export const maxTotalJsonBytes = 256 * 1024 * 1024;

/** Stable. Each has its place in docs/reason-codes.md. FILE_GIVEN_UP: neither this document nor any that follows is read. */
export type DocumentFaultCode =
  | "FILE_GIVEN_UP"
  | "DOCUMENT_MALFORMED"
  | "DOCUMENT_NO_OBJECT"
  | "DOCUMENT_TOO_DEEP"
  | "DOCUMENT_TOO_LARGE"
  | "LIST_UNREADABLE";

export interface DocumentFault {
  readonly code: DocumentFaultCode;
  readonly message: string;
  /** In the file, from 1. */
  readonly line: number;
}

/** Empty documents have neither objects nor faults. */
export interface ReadDocument {
  /** Counted from 1, as people count. */
  readonly document: number;
  /** Where it begins in the file, from 1. */
  readonly line: number;
  /** Those of a list are its items. */
  readonly objects: readonly KubeObject[];
  readonly faults: readonly DocumentFault[];
}
