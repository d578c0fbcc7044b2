/** What a segment's bytes hold, and what a crash or the disk damaged of them. */

import type { Frame, SegmentHeader } from "./frame.ts";
import { frameAt, nextFrame } from "./read-frame.ts";

export interface ScannedSegment {
  readonly header: SegmentHeader | undefined;
  /** All sound frames but the header, in order. */
  readonly frames: readonly Frame[];
  /** Whether any batch was begun. */
  readonly used: boolean;
  /** Where the sound part ends: behind it nothing was promised to anybody. */
  readonly end: number;
  /** Bytes that were synced once and are damaged now. */
  readonly damaged: number;
}

/**
 * Reads a segment's bytes. A damaged place with a sound batch behind it was durable and got lost: what is sound
 * around it is kept. A damaged place in the last batch is what a crash leaves of a write that was never confirmed:
 * the file ends there.
 */
export function scanSegment(bytes: Buffer): ScannedSegment {
  const found: { frame: Frame; position: number }[] = [];
  const holes: { position: number; length: number }[] = [];
  let end = bytes.length;
  for (let at = 0; at < bytes.length; ) {
    const read = frameAt(bytes, at);
    if (read !== undefined) {
      found.push({ frame: read.frame, position: at });
      at = read.end;
      continue;
    }
    const next = nextFrame(bytes, at + 1) ?? bytes.length;
    holes.push({ position: at, length: next - at });
    at = next;
  }
  const lastBatch = found.findLast(({ frame }) => frame.kind === "batch")?.position ?? 0;
  const torn = holes.find(({ position }) => position >= lastBatch);
  if (torn !== undefined) end = torn.position;
  const kept = found.filter(({ position }) => position < end);
  const first = kept[0]?.frame;
  return {
    header: first?.kind === "header" ? first.header : undefined,
    frames: kept.map(({ frame }) => frame).filter((frame) => frame.kind !== "header"),
    used: kept.some(({ frame }) => frame.kind === "batch"),
    end,
    damaged: holes.filter(({ position }) => position < end).reduce((sum, { length }) => sum + length, 0),
  };
}
