/** One segment file, as the queue knows it: where its records lie, and what keeps it from being deleted. */

import type { Owner } from "../shares/owner.ts";
import type { Span } from "./frame.ts";
import { sealedStart } from "./frame.ts";

export interface Entry {
  readonly offset: number;
  readonly time: number;
  readonly span: Span;
  /** Whose it is: counted against that owner until the notary has it. */
  readonly owner: Owner;
  /** For closings: offset of the event that opened the window. */
  readonly first?: number;
  /** For closings: bytes of the repeats they count. */
  readonly repeats?: number;
}

/** What an entry counts for against its owner, in bytes. */
export function weightOf({ span, first, repeats = 0 }: Pick<Entry, "span" | "first" | "repeats">): number {
  return sealedStart(first === undefined ? "record" : "closing") + span.length + repeats;
}

export interface Segment {
  readonly path: string;
  /** 128 random bits, base64url. */
  readonly id: string;
  readonly base: number;
  readonly wrapped: string;
  /** Bytes on disk that are durable. */
  size: number;
  /** By rising offset, without holes unless the disk lost some. */
  readonly entries: Entry[];
  /** Open windows whose first event is here, and closings not yet acknowledged that bring it along. */
  holds: number;
}

/** Name of a segment's file: sorted by name, files are in the order of their records. */
export function segmentFile(base: number, id: string): string {
  return `${base.toString().padStart(16, "0")}-${id}.seg`;
}

export function isSegmentFile(name: string): boolean {
  return /^[0-9]{16}-[A-Za-z0-9_-]{22}\.seg$/.test(name);
}

/** The parts of a file name (or path) that `isSegmentFile`. */
export function segmentName(path: string): { base: number; id: string } {
  const name = path.slice(-43);
  return { base: Number(name.slice(0, 16)), id: name.slice(17, 39) };
}
