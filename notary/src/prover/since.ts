/**
 * Checkpoints that an auditor kept from before: the bundle shows each with a proof that the log of now continues it.
 * Nothing is proved about a note that this log's key did not sign.
 */

import {
  type BundleCheckpoint,
  consistencyProof,
  openCheckpoint,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  Refusal,
  rootOf,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";

import { NotaryError } from "../writer/errors.ts";
import type { LogReader } from "./reader.ts";

/** A checkpoint whose signature was checked. */
export interface Earlier {
  readonly size: number;
  readonly root: Uint8Array;
  readonly note: string;
}

/**
 * By rising size, each size once. `size`: of the published log. Throws `since_foreign`, `since_forged`, and
 * `since_ahead` for one that this log's key signed over more than the log has.
 */
export async function openEarlier(
  notes: readonly string[],
  { vkey, size }: { readonly vkey: string; readonly size: number },
): Promise<Earlier[]> {
  const key = parseVerifierKey(vkey);
  const opened = new Map<number, Earlier>();
  for (const note of notes) {
    const named = originOf(note);
    if (named !== key.name) {
      throw new NotaryError(
        "since_foreign",
        `the checkpoint is of the log ${named}, this one is ${key.name}: send it to its own notary`,
      );
    }
    const checkpoint = await openCheckpoint(note, key, nodeCrypto).catch((error: unknown) => {
      throw forged(key.name, error);
    });
    if (checkpoint.size > size) {
      throw new NotaryError(
        "since_ahead",
        `this log signed a checkpoint of size ${checkpoint.size} and now has ${size}: it was rolled back, or there are two of it`,
      );
    }
    opened.set(checkpoint.size, { size: checkpoint.size, root: checkpoint.root, note });
  }
  return [...opened.values()].sort((a, b) => a.size - b.size);
}

/**
 * The opening checkpoints of a bundle over `log`; one of the log's own size is its closing checkpoint and left out.
 * Throws `since_split` when the log's key signed another root at that size.
 */
export async function openingCheckpoints(
  earlier: readonly Earlier[],
  log: Pick<LogReader, "size" | "subtree">,
): Promise<BundleCheckpoint[]> {
  const shown: BundleCheckpoint[] = [];
  for (const { size, root, note } of earlier) {
    if (Buffer.compare(await rootOf(size, log.subtree), root) !== 0) {
      throw new NotaryError(
        "since_split",
        `this log signed a checkpoint of size ${size} with another root than it has at that size: keep the note, two histories were shown`,
      );
    }
    if (size < log.size) shown.push({ note, proof: await consistencyProof(size, log.size, log.subtree) });
  }
  return shown;
}

function originOf(note: string): string {
  try {
    return parseCheckpoint(parseNote(note).text).origin;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw new NotaryError("bad_request", `since is no signed checkpoint: ${error.message} [${error.code}]`);
  }
}

function forged(origin: string, error: unknown): unknown {
  if (!(error instanceof Refusal)) return error;
  return new NotaryError(
    "since_forged",
    `the key of ${origin} did not sign this checkpoint: ${error.message} [${error.code}]`,
  );
}
