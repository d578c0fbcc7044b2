/** The key grammar of the port. Every driver checks keys with this before it touches anything. */

import { StorageError } from "./port.ts";

const segment = /^[A-Za-z0-9._=-]{1,200}$/;
const prefixSegment = /^[A-Za-z0-9._=-]{0,200}$/;
const maxKeyLength = 900;

/** Throws StorageError `BAD_KEY` unless `key` is a key. Returns its segments. */
export function parseKey(key: string): string[] {
  const segments = split(key);
  if (!segments.every((part) => segment.test(part) && part !== "." && part !== "..")) throw badKey(key);
  return segments;
}

/** A prefix may be empty or end anywhere in a segment. Returns the whole segments and the start of the last one. */
export function parsePrefix(prefix: string): { folders: string[]; start: string } {
  if (prefix === "") return { folders: [], start: "" };
  const folders = split(prefix);
  const start = folders.pop() as string;
  const whole = folders.every((part) => segment.test(part) && part !== "." && part !== "..");
  if (!whole || !prefixSegment.test(start)) throw badKey(prefix);
  return { folders, start };
}

function split(key: string): string[] {
  if (typeof key !== "string" || key.length === 0 || key.length > maxKeyLength) throw badKey(key);
  return key.split("/");
}

function badKey(key: unknown): StorageError {
  const shown = typeof key === "string" ? JSON.stringify(key.slice(0, 100)) : typeof key;
  return new StorageError(
    "BAD_KEY",
    `${shown} is not a key: use 1 to 900 characters, segments of [A-Za-z0-9._=-]{1,200} joined by "/", no "." or ".."`,
  );
}
