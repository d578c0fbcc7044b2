/** The parts as one file. */

import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { writeEvidenceSet } from "@companyos/receipts";
import { replaceFile } from "@companyos/service/files";
import type { Gathered } from "./part.ts";

/** A file appears whole or not at all; `-` is standard output, of which its reader takes as much as it wants. */
export async function writeEvidence(out: string, { parts, lacks }: Gathered): Promise<void> {
  const set = writeEvidenceSet(
    parts.map(({ origin, file }) => ({
      origin,
      bytes: createReadStream(file, { highWaterMark: 256 * 1024 }),
    })),
    // One line a region: which log it is cannot be known without a response.
    lacks.filter(({ region }, i) => lacks.findIndex((lack) => lack.region === region) === i),
  );
  if (out === "-") await toStandardOutput(set);
  else await replaceFile(out, set, { mode: "umask" });
}

async function toStandardOutput(set: AsyncIterable<Uint8Array>): Promise<void> {
  // Closing the stream emits one more.
  process.stdout.on("error", () => {});
  await pipeline(Readable.from(set), process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
