/** The parts as one file. */

import { randomBytes } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { writeEvidenceSet } from "@companyos/receipts";
import type { Gathered } from "./gather.ts";

/** A file appears whole or not at all; `-` is standard output, of which its reader takes as much as it wants. */
export async function writeEvidence(out: string, { parts, lacks }: Gathered): Promise<void> {
  const set = writeEvidenceSet(
    parts.map(({ origin, file }) => ({
      origin,
      bytes: createReadStream(file, { highWaterMark: 256 * 1024 }),
    })),
    // One line for a region: what its log is, who has no answer cannot tell.
    lacks.filter(({ region }, i) => lacks.findIndex((lack) => lack.region === region) === i),
  );
  if (out === "-") return await toStandardOutput(set);
  const part = `${out}.${randomBytes(4).toString("hex")}.part`;
  try {
    await pipeline(Readable.from(set), createWriteStream(part, { flags: "wx", flush: true }));
    await rename(part, out);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}

async function toStandardOutput(set: AsyncIterable<Uint8Array>): Promise<void> {
  // One more comes when the stream is torn down.
  process.stdout.on("error", () => {});
  await pipeline(Readable.from(set), process.stdout, { end: false }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}
