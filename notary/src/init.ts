/** `companyos notary init`: the only step that uses the root key. */

import { mkdir, unlink } from "node:fs/promises";
import { join } from "node:path";

import { openLocalKeys } from "@companyos/keys/local";
import { formatVerifierKey, signEndorsement, type TrustedLog, toRootKey } from "@companyos/receipts";
import { createFile } from "@companyos/service/files";

import { defaultEndorsementsDir, endorsementFile, identityFile, readIdentity } from "./identity.ts";
import type { InitNotaryOptions, LogIdentity } from "./options.ts";
import { sealingKey } from "./sealing.ts";
import { NotaryError } from "./writer/errors.ts";

const region = /^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/;

/**
 * Makes the root key (in `rootDir`) and the notary's keys (in `keysDir`), and writes `identity.json` and the
 * endorsements of receipt and statement key. Safe to repeat: what exists stays as it is. Throws NotaryError
 * `bad_request` when the folder already belongs to another log, KeyError when a key cannot be made or used.
 */
export async function initNotary(options: InitNotaryOptions): Promise<LogIdentity> {
  const { keysDir, rootDir } = options;
  if (!region.test(options.region))
    throw new NotaryError("bad_request", `${options.region} is no region name`);
  const dir = options.endorsementsDir ?? defaultEndorsementsDir(keysDir);
  const origin = options.origin ?? `${options.region}.log.companyos.io`;
  const roots = await openLocalKeys({ dir: rootDir, create: true });
  const keys = await openLocalKeys({ dir: keysDir, create: true, root: false });
  const root = await roots.signer("root");
  const log = await keys.signer("log");
  const identity: TrustedLog = {
    origin,
    vkey: formatVerifierKey(origin, log.publicKey),
    region: options.region,
    jurisdiction: options.jurisdiction,
    roots: [toRootKey(root.publicKey, root.kid)],
  };
  await mkdir(dir, { recursive: true, mode: 0o755 });
  await writeIdentity(dir, identity);
  for (const [name, usage] of [
    ["receipt-1", "receipt"],
    ["statement-1", "statement"],
  ] as const) {
    const { kid, publicKey } = await keys.signer(name);
    const vkey = formatVerifierKey(`${name}.${origin}`, publicKey);
    const jws = await signEndorsement({ origin, vkey, kid, usage, from: 0 }, root);
    await createFile(join(dir, endorsementFile(name)), `${jws}\n`, { mode: 0o644 });
  }
  return { ...identity, sealing: await sealingKey(keys) };
}

/** A log keeps origin, region, log key and root for life; only what jurisdiction it states may change. */
async function writeIdentity(dir: string, identity: TrustedLog): Promise<void> {
  const path = join(dir, identityFile);
  await createFile(path, `${JSON.stringify(identity, null, 2)}\n`, { mode: 0o644 });
  const there = await readIdentity(dir);
  if (JSON.stringify({ ...there, jurisdiction: "" }) !== JSON.stringify({ ...identity, jurisdiction: "" })) {
    throw new NotaryError(
      "bad_request",
      `${dir} belongs to log ${there.origin} with other keys: choose another folder`,
    );
  }
  if (there.jurisdiction !== identity.jurisdiction)
    await unlink(path).then(() => writeIdentity(dir, identity));
}
