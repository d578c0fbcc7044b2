/** Checkpoints that an auditor kept, each for the notary of its log. */

import { readFile } from "node:fs/promises";
import { parseCheckpoint, parseNote, Refusal } from "@companyos/receipts";
import type { Identity, Notary } from "../notaries.ts";

export interface KeptCheckpoint {
  readonly file: string;
  readonly note: string;
  readonly origin: string;
}

/** Rejects naming the file that cannot be read or is no signed checkpoint. */
export async function readCheckpoints(files: readonly string[]): Promise<KeptCheckpoint[]> {
  return Promise.all(
    files.map(async (file) => {
      const note = await readFile(file, "utf8").catch((error: Error) => {
        throw new Error(`the checkpoint ${file} cannot be read (${error.message})`);
      });
      try {
        return { file, note, origin: parseCheckpoint(parseNote(note).text).origin };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        throw new Error(`${file} is no signed checkpoint: ${error.message} [${error.code}]`);
      }
    }),
  );
}

/**
 * The notes for each notary, in their order; none for one whose identity is unknown. Throws for a checkpoint of none of
 * the logs when all identities are known.
 */
export function checkpointsFor(
  notaries: readonly Notary[],
  identities: readonly Identity[],
  kept: readonly KeptCheckpoint[],
): readonly (readonly string[])[] {
  const stray = kept.find(({ origin }) => !identities.some((identity) => identity?.origin === origin));
  if (stray !== undefined && identities.every((identity) => identity !== undefined)) {
    const names = notaries.map(({ name }) => name).join(", ");
    throw new Error(
      `--since ${stray.file} is a checkpoint of the log ${stray.origin}, which none of ${names} has`,
    );
  }
  if (stray !== undefined) {
    console.error(
      `--since ${stray.file}: no notary that responded keeps the log ${stray.origin}; nothing is proved from it`,
    );
  }
  return identities.map((identity) =>
    kept.filter(({ origin }) => origin === identity?.origin).map(({ note }) => note),
  );
}
