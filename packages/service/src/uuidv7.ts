/** UUIDv7 (RFC 9562 §5.7), rising within one process also when the clock stands still or steps back. */

import { randomBytes } from "node:crypto";

/** The last that was drawn. Exported for files of tests in one process, whose clocks are not one clock. */
export const last = { time: 0, sequence: 0 };

/** `now`: milliseconds since the epoch. Lower case. Method 1 of RFC 9562 §6.2: 12 bits of counter in rand_a. */
export function uuidv7(now: number = Date.now()): string {
  const bytes = randomBytes(16);
  if (now > last.time) {
    last.time = now;
    // The upper bit is left clear, so that there is room to count.
    last.sequence = bytes.readUInt16BE(6) & 0x7ff;
  } else if (++last.sequence > 0xfff) {
    last.time++;
    last.sequence = 0;
  }
  bytes.writeUIntBE(last.time, 0, 6);
  bytes.writeUInt16BE(0x7000 | last.sequence, 6);
  bytes[8] = 0x80 | (bytes[8]! & 0x3f);
  return uuidText(bytes);
}

/** The text of a UUID's 16 bytes, which begin at `at`. */
export function uuidText(bytes: Buffer, at = 0): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
