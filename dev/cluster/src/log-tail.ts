import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** The last `lines` lines of a log, reading no more than 16 KiB; empty if there is no such file. */
export function logTail(file: string, lines = 20): string {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch {
    return "";
  }
  try {
    const size = fstatSync(descriptor).size;
    const buffer = Buffer.alloc(Math.min(size, 16_384));
    readSync(descriptor, buffer, 0, buffer.length, size - buffer.length);
    return buffer.toString("utf8").trimEnd().split("\n").slice(-lines).join("\n");
  } finally {
    closeSync(descriptor);
  }
}
