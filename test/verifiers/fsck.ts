/** Tessera's fsck reads a whole log, derives every tile from the entries, and compares. */

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureTool } from "@companyos/cluster";
import { runProgram } from "./program.ts";

/** Why fsck refuses, or undefined. It must not be asked with fewer workers than tiles: then it hangs on bad ones. */
export async function askFsck(question: {
  readonly log: string;
  readonly bearer: string;
  readonly vkey: string;
  readonly size: number;
  /** Path of the CA that the log's certificate is signed by; default: the system's. */
  readonly ca?: string;
  /** Default 30,000. */
  readonly timeoutMs?: number;
}): Promise<string | undefined> {
  const fsck = await ensureTool("fsck");
  const dir = await mkdtemp(join(tmpdir(), "companyos-fsck-"));
  try {
    const key = join(dir, "vkey");
    await writeFile(key, question.vkey);
    const tiles = Math.ceil(question.size / 256) + Math.ceil(question.size / 65_536) + 8;
    const flags = [
      "--ui=false",
      `--N=${tiles}`,
      `--storage_url=${question.log}`,
      `--bearer_token=${question.bearer}`,
      `--public_key=${key}`,
    ];
    const { code, stderr } = await runProgram(fsck, flags, {
      env: question.ca === undefined ? {} : { SSL_CERT_FILE: question.ca },
      ...(question.timeoutMs === undefined ? {} : { timeoutMs: question.timeoutMs }),
    });
    if (code === null) return "no answer in time";
    // Its exit status is 0 whatever it found.
    return stderr.includes(`Successfully fsck'd log with size ${question.size} and root `)
      ? undefined
      : stderr;
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}
