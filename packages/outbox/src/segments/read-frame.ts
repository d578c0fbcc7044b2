/** Reading frames back (frame.ts): only whole and sound ones are taken for what they say. */

import { crc32 } from "node:zlib";
import { decodeBatchNote } from "./batch-note.ts";
import type { Frame, FrameKind, SegmentHeader, Span } from "./frame.ts";
import { frameKind, headLength, magic } from "./frame.ts";

const maxPayload = 1 << 20;
/** Far above what a batch has. */
const maxRecords = 1 << 16;

/** The frame at a position and where it ends; undefined when there is no whole and sound one. */
export function frameAt(bytes: Buffer, position: number): { frame: Frame; end: number } | undefined {
  if (position + headLength > bytes.length || bytes.compare(magic, 0, 4, position, position + 4) !== 0)
    return undefined;
  const length = bytes.readUInt32BE(position + 4);
  const start = position + headLength;
  const end = start + length;
  if (length === 0 || length > maxPayload || end > bytes.length) return undefined;
  const payload = bytes.subarray(start, end);
  if (crc32(payload) !== bytes.readUInt32BE(position + 8)) return undefined;
  const read = parse(payload, start, position);
  return read && { frame: read, end };
}

/** Position of the next sound frame after a damaged place; undefined when there is none. */
export function nextFrame(bytes: Buffer, after: number): number | undefined {
  for (let at = bytes.indexOf(magic, after); at !== -1; at = bytes.indexOf(magic, at + 1)) {
    if (frameAt(bytes, at) !== undefined) return at;
  }
  return undefined;
}

function parse(payload: Buffer, start: number, position: number): Frame | undefined {
  const kind = payload[0] as FrameKind;
  const fits = (least: number) => payload.length >= 1 + least;
  const number = (at: number) => Number(payload.readBigUInt64BE(1 + at));
  const span = (at: number): Span => ({ position: start + 1 + at, length: payload.length - 1 - at });
  switch (kind) {
    case frameKind.header:
      return header(payload.subarray(1));
    case frameKind.record:
    case frameKind.opener: {
      if (!fits(14)) return undefined;
      const name = kind === frameKind.record ? "record" : "opener";
      return { kind: name, offset: number(0), time: payload.readUIntBE(9, 6), span: span(14) };
    }
    case frameKind.closing:
      if (!fits(22)) return undefined;
      return {
        kind: "closing",
        offset: number(0),
        time: payload.readUIntBE(9, 6),
        first: number(14),
        span: span(22),
      };
    case frameKind.repeats:
      return fits(12) ? { kind: "repeats", first: number(0), count: payload.readUInt32BE(9) } : undefined;
    case frameKind.dropped:
      return fits(8) ? { kind: "dropped", first: number(0) } : undefined;
    case frameKind.batch:
      if (!fits(16) || number(0) !== position) return undefined;
      return { kind: "batch", next: number(8), note: decodeBatchNote(payload.subarray(17), maxRecords) };
    default:
      return undefined;
  }
}

function header(bytes: Buffer): Frame | undefined {
  try {
    const value = JSON.parse(bytes.toString("utf8")) as SegmentHeader;
    const texts = [value.journal, value.region, value.segment, value.wrapped];
    const sound =
      value.v === 1 && Number.isSafeInteger(value.base) && texts.every((text) => typeof text === "string");
    return sound ? { kind: "header", header: value } : undefined;
  } catch {
    return undefined;
  }
}
