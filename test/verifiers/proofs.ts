/** What our own code claims about a published log: its entries, and proofs for some of them. */

import { readTile } from "@companyos/notary/testing/parts";
import {
  CompactRange,
  consistencyProof,
  decodeEntryBundle,
  inclusionProof,
  leafHash,
  type SubtreeHash,
  tilesOfLevel,
} from "@companyos/receipts";
import type { Storage } from "@companyos/storage";
import type { Leaf, Older } from "./checklog.ts";

export async function readEntries(storage: Storage, size: number): Promise<Uint8Array[]> {
  const { full, partial } = tilesOfLevel(size, 0);
  const entries: Uint8Array[] = [];
  for (let index = 0; index < full; index++) {
    entries.push(...decodeEntryBundle((await readTile(storage, "entries", index, 256))!)!);
  }
  if (partial > 0) entries.push(...decodeEntryBundle((await readTile(storage, "entries", full, partial))!)!);
  return entries;
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64");

/** Inclusion proofs of the leaves at `indexes`, and consistency proofs from `older` checkpoints. */
export async function prove(
  entries: readonly Uint8Array[],
  indexes: readonly number[],
  older: readonly { readonly size: number; readonly checkpoint: string }[],
): Promise<{ leaves: Leaf[]; older: Older[] }> {
  const nodes = new Map<string, Uint8Array>();
  const range = new CompactRange();
  for (const entry of entries) {
    range.append(leafHash(entry), (level, index, hash) => nodes.set(`${level}/${index}`, hash));
  }
  const subtree: SubtreeHash = (level, index) => nodes.get(`${level}/${index}`)!;
  const size = entries.length;
  const leaves: Leaf[] = [];
  for (const index of indexes) {
    const path = await inclusionProof(index, size, subtree);
    leaves.push({ index, entry: base64(entries[index]!), path: path.map(base64) });
  }
  const grown: Older[] = [];
  for (const { size: oldSize, checkpoint } of older) {
    grown.push({ checkpoint, path: (await consistencyProof(oldSize, size, subtree)).map(base64) });
  }
  return { leaves, older: grown };
}
