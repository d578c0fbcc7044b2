/** Strict text encodings: each value has exactly one spelling, and every other spelling is undefined. */

const urlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const stdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** Two characters for every 12 bits. */
function pairsOf(alphabet: string): string[] {
  const pairs: string[] = [];
  for (const first of alphabet) for (const second of alphabet) pairs.push(first + second);
  return pairs;
}

function valuesOf(alphabet: string): Int8Array {
  const values = new Int8Array(128).fill(-1);
  for (let i = 0; i < 64; i++) values[alphabet.charCodeAt(i)] = i;
  return values;
}

const urlPairs = pairsOf(urlAlphabet);
const stdPairs = pairsOf(stdAlphabet);
const urlValues = valuesOf(urlAlphabet);
const stdValues = valuesOf(stdAlphabet);

function encode(bytes: Uint8Array, pairs: readonly string[], alphabet: string): string {
  let text = "";
  const whole = bytes.length - (bytes.length % 3);
  for (let i = 0; i < whole; i += 3) {
    const a = bytes[i]!;
    const b = bytes[i + 1]!;
    const c = bytes[i + 2]!;
    text += pairs[(a << 4) | (b >> 4)]! + pairs[((b & 15) << 8) | c]!;
  }
  if (bytes.length - whole === 1) text += pairs[bytes[whole]! << 4]!;
  if (bytes.length - whole === 2) {
    const b = bytes[whole + 1]!;
    text += pairs[(bytes[whole]! << 4) | (b >> 4)]! + alphabet[(b & 15) << 2]!;
  }
  return text;
}

function decode(text: string, values: Int8Array): Uint8Array | undefined {
  const { length } = text;
  const rest = length % 4;
  if (rest === 1) return undefined;
  const bytes = new Uint8Array((length * 6) >>> 3);
  let out = 0;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    const value = code < 128 ? values[code]! : -1;
    if (value < 0) return undefined;
    held = (held << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[out++] = (held >> bits) & 255;
    }
  }
  // Left-over bits must be zero, else several texts would mean the same bytes.
  if ((held & ((1 << bits) - 1)) !== 0) return undefined;
  return bytes;
}

/** RFC 4648 section 5, without padding. */
export function encodeBase64url(bytes: Uint8Array): string {
  return encode(bytes, urlPairs, urlAlphabet);
}

/** Undefined for padding, foreign characters, an impossible length, or left-over bits that are not zero. */
export function decodeBase64url(text: string): Uint8Array | undefined {
  return decode(text, urlValues);
}

/** RFC 4648 section 4, with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  const text = encode(bytes, stdPairs, stdAlphabet);
  return text.padEnd(Math.ceil(text.length / 4) * 4, "=");
}

/** Undefined unless padded exactly and canonical. */
export function decodeBase64(text: string): Uint8Array | undefined {
  if (text.length % 4 !== 0) return undefined;
  const padding = text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0;
  const body = text.slice(0, text.length - padding);
  const bytes = decode(body, stdValues);
  return bytes !== undefined && (4 - (body.length % 4)) % 4 === padding ? bytes : undefined;
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Lower case. */
export function encodeHex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += hexPairs[byte]!;
  return text;
}

/** Lower case only, an even number of digits. */
export function decodeHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0 || !/^[0-9a-f]*$/.test(text)) return undefined;
  const bytes = new Uint8Array(text.length / 2);
  for (let i = 0; i < bytes.length; i++) bytes[i] = Number.parseInt(text.slice(2 * i, 2 * i + 2), 16);
  return bytes;
}

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function encodeUtf8(text: string): Uint8Array {
  return encoder.encode(text);
}

/** Undefined for bytes that are not UTF-8. A byte-order mark is kept as the character it is. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(bytes);
  } catch {
    return undefined;
  }
}

export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

const maxSize = Number.MAX_SAFE_INTEGER;

/** A log size or index: decimal, no sign, no leading zero, at most 2^53 − 1. Undefined for any other text. */
export function parseDecimal(text: string): number | undefined {
  if (!/^(0|[1-9][0-9]{0,15})$/.test(text)) return undefined;
  const value = Number(text);
  return value <= maxSize ? value : undefined;
}
