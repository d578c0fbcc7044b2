/** Load the head and rebuild exactly the state it stands for: its snapshot, then every batch after it. */

import type { Storage } from "@companyos/storage";

import { type Batch, decodeBatch, decodeSnapshot } from "./batch.ts";
import { NotaryError } from "./errors.ts";
import type { Head } from "./head.ts";
import { LogState } from "./state.ts";
import { digestOf, readHead, type StoredHead } from "./store.ts";
import { type FullTile, rootOfEdge } from "./tail.ts";

export interface Loaded {
  /** Undefined for a new log. */
  readonly stored: StoredHead | undefined;
  readonly state: LogState;
  /** The head's own batch and what it filled: to be applied again, in case its writer died before. */
  readonly last: { readonly batch: Batch; readonly full: readonly FullTile[] } | undefined;
}

/** Throws `halted` when the store contradicts itself. */
export async function load(storage: Storage, origin: string): Promise<Loaded> {
  // Another writer may collect batches while we read: then there is a newer head, and we start over.
  for (let attempt = 0; ; attempt++) {
    const stored = await readHead(storage, origin);
    if (stored === undefined) return { stored: undefined, state: new LogState(), last: undefined };
    try {
      return await replay(storage, stored);
    } catch (error) {
      const now = await readHead(storage, origin);
      if (attempt >= 10 || now?.tag === stored.tag) throw error;
    }
  }
}

async function replay(storage: Storage, stored: StoredHead): Promise<Loaded> {
  const { head } = stored;
  const state =
    head.snapshot === null ? new LogState() : decodeSnapshot(await mustGet(storage, head.snapshot));
  const batches: { key: string; batch: Batch }[] = [];
  let key: string | null = head.batch;
  let digest: string | null = head.batchDigest;
  for (let g = head.g; g > state.g; g--) {
    if (key === null) throw new NotaryError("halted", `generation ${g}: the chain of batches ends too early`);
    const bytes = await mustGet(storage, key);
    if (digestOf(bytes) !== digest)
      throw new NotaryError("halted", `${key} is not the batch that was committed`);
    const batch = decodeBatch(bytes);
    if (batch.g !== g) throw new NotaryError("halted", `${key} is of generation ${batch.g}, expected ${g}`);
    batches.unshift({ key, batch });
    ({ previous: key, previousDigest: digest } = batch);
  }
  let full: FullTile[] = [];
  for (const { key: batchKey, batch } of batches) {
    if (batch.start !== state.tail.size) {
      throw new NotaryError("halted", `${batchKey} starts at ${batch.start}, the log has ${state.tail.size}`);
    }
    full = batch.entries.flatMap((entry) => state.tail.append(entry));
    state.apply(batch.g, batch.changes, batchKey);
  }
  state.own = head.own;
  checkState(state, head);
  const last = batches.at(-1);
  return { stored, state, last: last && { batch: last.batch, full } };
}

function checkState(state: LogState, head: Head): void {
  const root = Buffer.from(rootOfEdge(state.tail.edge())).toString("base64");
  const same =
    state.tail.size === head.size &&
    root === head.root &&
    state.iat === head.iat &&
    state.journals.size === Object.keys(head.journals).length &&
    [...state.journals].every(([id, mark]) => head.journals[id]?.n === mark.n);
  if (!same)
    throw new NotaryError("halted", `state/head ${head.g} does not follow from its snapshot and batches`);
}

async function mustGet(storage: Storage, key: string): Promise<Uint8Array> {
  const stored = await storage.get(key);
  if (stored === undefined) throw new NotaryError("halted", `${key} is missing: restore the store`);
  return stored.bytes;
}
