/**
 * What a segment file consists of: frames of magic (4 bytes), length (uint32), CRC-32 (uint32) and payload, whose
 * first byte is its kind. Numbers are big-endian. Nothing personal is in the clear here.
 */

import { crc32 } from "node:zlib";
import type { BatchNote } from "./batch-note.ts";
import { encodeBatchNote } from "./batch-note.ts";

export const frameKind = {
  /** JSON: whose segment this is, and its wrapped data key. The first frame of a file. */
  header: 0,
  /** offset (8), time in ms (6), sealed record. */
  record: 1,
  /** The same, of an event that opened a window. */
  opener: 2,
  /** Offset of the opener (8), further responses (4). */
  repeats: 3,
  /** Offset of the opener (8): that window is closed and had no repeats. */
  dropped: 4,
  /** offset (8), time (6), offset of the opener (8), sealed record: the closing of a window. */
  closing: 5,
  /**
   * Position of this frame (8), next offset (8): everything before both was synced when it was written. Then what it
   * tells of the records behind it (batch-note.ts).
   */
  batch: 6,
} as const;
export type FrameKind = (typeof frameKind)[keyof typeof frameKind];

export const magic = Buffer.from("\x89CJ1", "latin1");
/** Bytes of a frame before its payload. */
export const headLength = magic.length + 8;

export interface SegmentHeader {
  readonly v: 1;
  readonly journal: string;
  readonly region: string;
  readonly segment: string;
  /** Offset of the first record that was to be written here. */
  readonly base: number;
  readonly wrapped: string;
}

/** Where the sealed bytes of a record lie in the file. */
export interface Span {
  readonly position: number;
  readonly length: number;
}

export type Frame =
  | { readonly kind: "header"; readonly header: SegmentHeader }
  | {
      readonly kind: "record" | "opener";
      readonly offset: number;
      readonly time: number;
      readonly span: Span;
    }
  | {
      readonly kind: "closing";
      readonly offset: number;
      readonly time: number;
      readonly first: number;
      readonly span: Span;
    }
  | { readonly kind: "repeats"; readonly first: number; readonly count: number }
  | { readonly kind: "dropped"; readonly first: number }
  | { readonly kind: "batch"; readonly next: number; readonly note: BatchNote };

export function headerFrame(header: SegmentHeader): Buffer {
  return frame(frameKind.header, Buffer.from(JSON.stringify(header)));
}

export function recordFrame(
  kind: "record" | "opener",
  offset: number,
  time: number,
  sealed: Uint8Array,
): Buffer {
  return frame(frameKind[kind], uint64(offset), uint48(time), sealed);
}

export function closingFrame(offset: number, time: number, first: number, sealed: Uint8Array): Buffer {
  return frame(frameKind.closing, uint64(offset), uint48(time), uint64(first), sealed);
}

export function repeatsFrame(first: number, count: number): Buffer {
  const number = Buffer.alloc(4);
  number.writeUInt32BE(count);
  return frame(frameKind.repeats, uint64(first), number);
}

export function droppedFrame(first: number): Buffer {
  return frame(frameKind.dropped, uint64(first));
}

export function batchFrame(position: number, next: number, note: BatchNote): Buffer {
  return frame(frameKind.batch, uint64(position), uint64(next), encodeBatchNote(note));
}

/** Bytes that a repeat takes. */
export const repeatsLength = headLength + 1 + 12;

/** Bytes of a frame before the sealed bytes of a record in it. */
export function sealedStart(kind: "record" | "opener" | "closing"): number {
  return headLength + 1 + 14 + (kind === "closing" ? 8 : 0);
}

function frame(kind: FrameKind, ...parts: Uint8Array[]): Buffer {
  const payload = Buffer.concat([Buffer.of(kind), ...parts]);
  const head = Buffer.alloc(8);
  head.writeUInt32BE(payload.length, 0);
  head.writeUInt32BE(crc32(payload), 4);
  return Buffer.concat([magic, head, payload]);
}

function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(BigInt(value));
  return bytes;
}

function uint48(value: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(value, 0, 6);
  return bytes;
}
