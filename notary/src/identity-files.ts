/** An endorsed log as files: `identity.json`, and one JWS for each endorsed key. */

import { mkdir, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";

import type { TrustedLog } from "@companyos/receipts";
import { createFile } from "@companyos/service/files";
import { type EndorsedLog, parseEndorsement, parseIdentity } from "./identity.ts";
import { keyNames } from "./key-names.ts";
import { NotaryError } from "./writer/errors.ts";

const identityFile = "identity.json";

/** The default: a folder beside the keys. */
export function defaultEndorsementsDir(keysDir: string): string {
  return join(keysDir, "endorsements");
}

/** Throws NotaryError `bad_request` when a file is missing or malformed, or an endorsement does not hold. */
export async function readEndorsedLog(dir: string): Promise<EndorsedLog> {
  const log = await readIdentity(dir);
  const endorsements = [];
  for (const key of [keyNames.receipt, keyNames.statement]) {
    const path = join(dir, endorsementFile(key));
    try {
      endorsements.push(await parseEndorsement((await readFile(path, "utf8")).trim(), log));
    } catch (cause) {
      const why = (cause as { message?: string }).message ?? "";
      throw new NotaryError("bad_request", `${path}: ${why}: run "companyos notary init" again`, { cause });
    }
  }
  return { log, endorsements };
}

/**
 * What exists stays as it is; only what jurisdiction the log states may change. `endorsements`: by key name. Throws
 * NotaryError `bad_request` when the folder belongs to another log, or to this one with other keys.
 */
export async function writeEndorsedLog(
  dir: string,
  log: TrustedLog,
  endorsements: Readonly<Record<string, string>>,
): Promise<void> {
  await mkdir(dir, { recursive: true, mode: 0o755 });
  await writeIdentity(dir, log);
  for (const [key, jws] of Object.entries(endorsements))
    await createFile(join(dir, endorsementFile(key)), `${jws}\n`, { mode: 0o644 });
}

async function readIdentity(dir: string): Promise<TrustedLog> {
  const path = join(dir, identityFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new NotaryError("bad_request", `${path} cannot be read: run "companyos notary init" first`, {
      cause,
    });
  }
  return parseIdentity(text, path);
}

async function writeIdentity(dir: string, log: TrustedLog): Promise<void> {
  const path = join(dir, identityFile);
  await createFile(path, `${JSON.stringify(log, null, 2)}\n`, { mode: 0o644 });
  const there = await readIdentity(dir);
  if (JSON.stringify({ ...there, jurisdiction: "" }) !== JSON.stringify({ ...log, jurisdiction: "" })) {
    throw new NotaryError(
      "bad_request",
      `${dir} belongs to log ${there.origin} with other keys: choose another folder`,
    );
  }
  if (there.jurisdiction !== log.jurisdiction) await unlink(path).then(() => writeIdentity(dir, log));
}

/** `receipt-1` → `receipt-1.jws`. */
function endorsementFile(key: string): string {
  return `${key}.jws`;
}
