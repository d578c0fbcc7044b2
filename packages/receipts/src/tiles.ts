import { parseDecimal } from "./encoding.ts";

/** C2SP tlog-tiles: paths, entry bundles, and which tiles a log of a given size has. */

export const tileWidth = 256;
const maxEntry = 0xffff;

export interface TilePath {
  readonly kind: "tile" | "entries";
  /** 0 for entry bundles. Tile level L holds the tree's level 8·L. */
  readonly level: number;
  readonly index: number;
  /** 1–256; below 256 the tile is partial. */
  readonly width: number;
}

function indexPath(index: number): string {
  const digits = String(index);
  const groups = digits.padStart(Math.ceil(digits.length / 3) * 3, "0").match(/.{3}/g)!;
  return groups.map((group, i) => (i < groups.length - 1 ? `x${group}` : group)).join("/");
}

const partial = (width: number): string => (width === tileWidth ? "" : `.p/${width}`);

/** `tile/<L>/<N>[.p/<W>]`, without a leading slash. */
export function tilePath(level: number, index: number, width: number = tileWidth): string {
  return `tile/${level}/${indexPath(index)}${partial(width)}`;
}

/** `tile/entries/<N>[.p/<W>]`, without a leading slash. */
export function entriesPath(index: number, width: number = tileWidth): string {
  return `tile/entries/${indexPath(index)}${partial(width)}`;
}

const grammar =
  /^tile\/(entries|0|[1-9]|[1-5][0-9]|6[0-3])\/((?:x[0-9]{3}\/)*[0-9]{3})(?:\.p\/([1-9][0-9]{0,2}))?$/;

/** Undefined unless `path` is exactly what `tilePath` or `entriesPath` writes. */
export function parseTilePath(path: string): TilePath | undefined {
  if (path.length > 64) return undefined;
  const match = grammar.exec(path);
  if (match === null) return undefined;
  const index = parseDecimal(match[2]!.replace(/[x/]/g, "").replace(/^0+(?=[0-9])/, ""));
  const width = match[3] === undefined ? tileWidth : Number(match[3]);
  if (index === undefined || (match[3] !== undefined && width >= tileWidth)) return undefined;
  const kind = match[1] === "entries" ? "entries" : "tile";
  const level = kind === "entries" ? 0 : Number(match[1]);
  const written = kind === "entries" ? entriesPath(index, width) : tilePath(level, index, width);
  return written === path ? { kind, level, index, width } : undefined;
}

/** Full hash tiles of level L in a log of `size` leaves, and the width of the partial one (0: there is none). */
export function tilesOfLevel(size: number, level: number): { full: number; partial: number } {
  const hashes = Math.floor(size / tileWidth ** level);
  return { full: Math.floor(hashes / tileWidth), partial: hashes % tileWidth };
}

/**
 * What is to be published when a log grows from `oldSize` to `size`: every tile that became full, and the partial
 * tiles of exactly `size`. An entry bundle stands beside every tile of level 0. Empty tiles do not exist.
 */
export function* newTiles(oldSize: number, size: number): Generator<TilePath> {
  for (let level = 0; tileWidth ** level <= size; level++) {
    const before = tilesOfLevel(oldSize, level);
    const after = tilesOfLevel(size, level);
    for (let index = before.full; index < after.full; index++) yield* at(level, index, tileWidth);
    const grew = after.full !== before.full || after.partial !== before.partial;
    if (grew && after.partial > 0) yield* at(level, after.full, after.partial);
  }
}

function* at(level: number, index: number, width: number): Generator<TilePath> {
  if (level === 0) yield { kind: "entries", level, index, width };
  yield { kind: "tile", level, index, width };
}

/** Each entry as uint16 big-endian length and bytes. RangeError for an entry above 65,535 bytes. */
export function encodeEntryBundle(entries: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(entries.reduce((sum, entry) => sum + 2 + entry.length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > maxEntry)
      throw new RangeError(`an entry of ${entry.length} bytes does not fit a bundle`);
    bytes[at] = entry.length >>> 8;
    bytes[at + 1] = entry.length & 255;
    bytes.set(entry, at + 2);
    at += 2 + entry.length;
  }
  return bytes;
}

/** The entries (views into `bytes`). Undefined when truncated, empty, or more than 256. */
export function decodeEntryBundle(bytes: Uint8Array): Uint8Array[] | undefined {
  const entries: Uint8Array[] = [];
  let at = 0;
  while (at < bytes.length) {
    if (at + 2 > bytes.length || entries.length === tileWidth) return undefined;
    const end = at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!);
    if (end > bytes.length) return undefined;
    entries.push(bytes.subarray(at + 2, end));
    at = end;
  }
  return entries.length === 0 ? undefined : entries;
}

/** Concatenated 32-byte hashes. */
export function encodeTile(hashes: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(hashes.length * 32);
  hashes.forEach((hash, i) => {
    bytes.set(hash, i * 32);
  });
  return bytes;
}

/** Undefined unless 1 to 256 whole hashes. */
export function decodeTile(bytes: Uint8Array): Uint8Array[] | undefined {
  if (bytes.length === 0 || bytes.length % 32 !== 0 || bytes.length > tileWidth * 32) return undefined;
  return Array.from({ length: bytes.length / 32 }, (_, i) => bytes.subarray(i * 32, i * 32 + 32));
}
