import { refuse } from "../refusals.ts";
import { type LineKind, lineKinds, maxLine } from "./form.ts";

export type BundleInput = Uint8Array | AsyncIterable<Uint8Array> | ReadableStream<Uint8Array>;

export interface BundleLine {
  /** From 1. */
  readonly number: number;
  readonly kind: LineKind;
  /** What follows the kind and one space. */
  readonly rest: string;
  /** The line with its line feed. */
  readonly bytes: Uint8Array;
}

const newline = 0x0a;
const longest = Math.max(...Object.values(maxLine));
const ascii = new TextDecoder("utf-8");

/**
 * Lines of a bundle, one at a time; holds one line. Refuses `LINE_ENCODING`, `LINE_ORDER` (an unknown kind),
 * `TOO_LONG`, `TRUNCATED` (no line feed at the end).
 */
export async function* readLines(input: BundleInput): AsyncGenerator<BundleLine, void, void> {
  let number = 0;
  let pieces: Uint8Array[] = [];
  let held = 0;
  for await (const chunk of chunksOf(input)) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      const tail = chunk.subarray(from, end + 1);
      const bytes = held === 0 ? tail : join([...pieces, tail], held + tail.length);
      pieces = [];
      held = 0;
      from = end + 1;
      yield lineOf(bytes, ++number);
    }
    if (from < chunk.length) {
      pieces.push(chunk.slice(from));
      held += chunk.length - from;
      if (held > longest) refuse("TOO_LONG", `line ${number + 1} has more than ${longest} characters`);
    }
  }
  if (held > 0) refuse("TRUNCATED", `line ${number + 1} has no end`);
}

function lineOf(bytes: Uint8Array, number: number): BundleLine {
  const end = bytes.length - 1;
  if (end > longest) refuse("TOO_LONG", `line ${number} has more than ${longest} characters`);
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte < 0x20 || byte > 0x7e) {
      refuse("LINE_ENCODING", `line ${number} has the byte 0x${byte.toString(16).padStart(2, "0")} at ${i}`);
    }
  }
  const text = ascii.decode(bytes.subarray(0, end));
  const space = text.indexOf(" ");
  const kind = lineKinds.find((known) => known === text.slice(0, space));
  if (kind === undefined) return refuse("LINE_ORDER", `line ${number} is of no known kind`);
  if (end > maxLine[kind]) refuse("TOO_LONG", `line ${number} has more than ${maxLine[kind]} characters`);
  return { number, kind, rest: text.slice(space + 1), bytes };
}

async function* chunksOf(input: BundleInput): AsyncGenerator<Uint8Array> {
  if (input instanceof Uint8Array || ArrayBuffer.isView(input)) {
    yield input as Uint8Array;
  } else if (Symbol.asyncIterator in input) {
    yield* input;
  } else {
    // Not every browser iterates over streams.
    const reader = (input as ReadableStream<Uint8Array>).getReader();
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    } finally {
      await reader.cancel();
    }
  }
}

function join(pieces: readonly Uint8Array[], length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
