/** Checkpoints that an auditor kept, each for the notary of its log. */

import { readFile } from "node:fs/promises";
import { parseCheckpoint, parseNote, Refusal } from "@companyos/receipts";
import { CannotAsk } from "../cannot-ask.ts";
import { pooled } from "../pool.ts";
import type { Session } from "../session.ts";

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
 * By region the notes that its notary gets. Asks each who it is; one that does not say gets none. Rejects when a
 * checkpoint is of none of the logs, and all of them said who they are.
 */
export async function checkpointsByRegion(
  session: Pick<Session, "notary" | "ask">,
  regions: readonly string[],
  kept: readonly KeptCheckpoint[],
  timeoutMs: number,
): Promise<ReadonlyMap<string, readonly string[]>> {
  if (kept.length === 0) return new Map();
  const origins = await pooled(regions, 8, (region) => originOf(session, region, timeoutMs));
  const stray = kept.find(({ origin }) => !origins.includes(origin));
  if (stray !== undefined && origins.every((origin) => origin !== undefined)) {
    throw new Error(
      `--since ${stray.file} is a checkpoint of the log ${stray.origin}, which none of ${regions.join(", ")} has`,
    );
  }
  if (stray !== undefined) {
    console.error(
      `--since ${stray.file}: nobody who answered has the log ${stray.origin}; nothing is proved from it`,
    );
  }
  return new Map(
    regions.map((region, i) => [
      region,
      kept.filter(({ origin }) => origin === origins[i]).map(({ note }) => note),
    ]),
  );
}

async function originOf(
  session: Pick<Session, "notary" | "ask">,
  region: string,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    const { statusCode, body } = await session.ask(`${session.notary(region)}/v1/identity`, { timeoutMs });
    const text = await body.text();
    return statusCode === 200 ? (JSON.parse(text) as { origin?: string }).origin : undefined;
  } catch (error) {
    if (error instanceof CannotAsk) throw error;
    return undefined;
  }
}
