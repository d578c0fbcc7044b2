/** Where things lie in the store. Only `log/` is ever served; everything under it is a plain tlog-tiles folder. */

import { entriesPath, tilePath } from "@companyos/receipts";

export const headKey = "state/head";
export const checkpointKey = "log/checkpoint";
export const batchPrefix = "state/batch/";
export const snapshotPrefix = "state/snapshot/";

export function batchKey(g: number, nonce: string): string {
  return `${batchPrefix}${g}-${nonce}`;
}

export function snapshotKey(g: number, nonce: string): string {
  return `${snapshotPrefix}${g}-${nonce}`;
}

/** Generation and nonce of a batch or snapshot key; undefined when it is neither. */
export function parseStateKey(key: string): { g: number; nonce: string } | undefined {
  const match = /^state\/(?:batch|snapshot)\/(\d{1,16})-([0-9a-f]{32})$/.exec(key);
  return match ? { g: Number(match[1]), nonce: match[2] as string } : undefined;
}

/** `width` 256: the full tile. Level `entries` is the entry bundle. */
export function tileKey(level: number | "entries", index: number, width = 256): string {
  return `log/${level === "entries" ? entriesPath(index, width) : tilePath(level, index, width)}`;
}

/** Sealed disclosures of consecutive leaves, never across an entry bundle, named by the first leaf. */
export function disclosureKey(firstIndex: number): string {
  return `${disclosurePrefix(Math.floor(firstIndex / 256))}${String(firstIndex % 256).padStart(3, "0")}`;
}

/** All disclosure objects of one entry bundle. */
export function disclosurePrefix(bundle: number): string {
  return `disclosures/${entriesPath(bundle).slice("tile/entries/".length)}.d/`;
}

/** Generation that a snapshot's key names; 0 for none. */
export function snapshotGeneration(key: string | null | undefined): number {
  return key ? Number(/\/(\d+)-/.exec(key)?.[1] ?? 0) : 0;
}
