import type { ByteRange } from "./port.ts";

/** Throws TypeError for an invalid range. */
export function checkRange({ from = 0, to = Number.MAX_SAFE_INTEGER }: ByteRange): void {
  if (Number.isSafeInteger(from) && Number.isSafeInteger(to) && from >= 0 && to >= from) return;
  throw new TypeError(`range: 0 ≤ from ≤ to, in whole bytes; got ${from} and ${to}`);
}

/** The range clipped to an object of `size` bytes. */
export function boundsOf({ from, to }: ByteRange, size: number): { from: number; to: number } {
  return { from: Math.min(from ?? 0, size), to: Math.min(to ?? size, size) };
}
