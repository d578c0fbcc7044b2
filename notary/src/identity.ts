/** The files beside the keys that say who this log is: `identity.json`, and root-signed endorsements. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";

import { openEndorsement, parseTrust, type TrustedLog } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";

import type { OwnEndorsement } from "./writer/endorse.ts";
import { NotaryError } from "./writer/errors.ts";

export const identityFile = "identity.json";

/** `receipt-1` → `receipt-1.jws`. */
export function endorsementFile(key: string): string {
  return `${key}.jws`;
}

export function defaultEndorsementsDir(keysDir: string): string {
  return join(keysDir, "endorsements");
}

/** The log as trust.json names it. Throws NotaryError `bad_request` when the file is missing or malformed. */
export async function readIdentity(dir: string): Promise<TrustedLog> {
  const path = join(dir, identityFile);
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new NotaryError("bad_request", `${path} cannot be read: run "companyos notary init" first`, {
      cause,
    });
  }
  // The one strict parser for such entries is that of trust.json.
  const trust = `{"version":1,"expires":"2100-01-01T00:00:00Z","previous":null,"logs":[${text}],"quorum":null,"minimum":[]}`;
  try {
    return parseTrust(trust).logs[0] as TrustedLog;
  } catch (cause) {
    throw new NotaryError("bad_request", `${path} does not describe a log: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The endorsement of one key, verified. Throws NotaryError `bad_request` when it is missing or does not hold. */
export async function readEndorsement(dir: string, key: string, log: TrustedLog): Promise<OwnEndorsement> {
  const path = join(dir, endorsementFile(key));
  try {
    const jws = (await readFile(path, "utf8")).trim();
    return { ...(await openEndorsement(jws, log.origin, log.roots, nodeCrypto)), jws };
  } catch (cause) {
    const why = (cause as { message?: string }).message ?? "";
    throw new NotaryError("bad_request", `${path}: ${why}: run "companyos notary init" again`, { cause });
  }
}
