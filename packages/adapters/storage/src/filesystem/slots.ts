/**
 * Compare-and-swap on a file system has no instruction; link(2) to a name that must not exist is the nearest
 * thing. The values of a key are its slots: slot 0 is the file named like the key, slot n is `<key>@/<n>` (`@` is
 * not in the key grammar). The highest slot is the value. Slot 0 is never collected: while it is there, writing
 * "only if absent" fails.
 */

import { createHash } from "node:crypto";

/** Slots younger than this, or among the last ones, are kept: a slow writer must find the slot it aims at taken. */
export const slotsKept = 16;
export const slotAgeMs = 3_600_000;

const slotNumber = /^[1-9][0-9]{0,15}$/;

export function slotFolder(path: string): string {
  return `${path}@`;
}

export function slotPath(path: string, slot: number): string {
  return slot === 0 ? path : `${slotFolder(path)}/${slot}`;
}

/** Ascending. */
export function slotNumbers(names: readonly string[]): number[] {
  return names
    .filter((name) => slotNumber.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

export function tagOf(slot: number, bytes: Uint8Array): string {
  return `${slot}-${createHash("sha256").update(bytes).digest("hex")}`;
}

export function slotOfTag(tag: string): number {
  return Number(tag.slice(0, tag.indexOf("-")));
}
