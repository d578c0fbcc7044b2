/** More parts than any object has that an API server can store, in both versions of an update. */
export const partsLimit = 400_000;

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const bracket = 0x5b;
const brace = 0x7b;

/**
 * Members, items, objects and arrays of a JSON text, counted without decoding it: three bytes (`{},`) become a hundred
 * when they are decoded, so that the bytes alone say nothing.
 */
export function partsOf(body: Uint8Array): number {
  let parts = 0;
  let quoted = false;
  for (let at = 0; at < body.length; at++) {
    const byte = body[at];
    if (quoted) {
      if (byte === backslash) at += 1;
      else if (byte === quote) quoted = false;
    } else if (byte === quote) quoted = true;
    else if (byte === comma || byte === bracket || byte === brace) parts += 1;
  }
  return parts;
}

/** Bytes of heap for a part, measured: 32 for an empty object (it counts twice), 47 for an array in an array. */
const partBytes = 48;

/** Bytes of memory that decoding takes: the text, the strings cut from it, and the parts. */
export function decodedBytes(body: Uint8Array, parts: number): number {
  return 2 * body.length + partBytes * parts;
}
