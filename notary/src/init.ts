/** `companyos notary init`: the only step that uses the root key. */

import {
  formatVerifierKey,
  isRegionTag,
  signEndorsement,
  type TrustedLog,
  toRootKey,
} from "@companyos/receipts";

import type { LogIdentity } from "./identity.ts";
import { writeEndorsedLog } from "./identity-files.ts";
import { keyNames } from "./key-names.ts";
import type { InitNotaryOptions } from "./options.ts";
import { sealingKey } from "./sealing.ts";
import { NotaryError } from "./writer/errors.ts";

/**
 * Makes the root key (in `roots`) and the notary's keys (in `keys`), and writes `identity.json` and the endorsements
 * of receipt and statement key. Safe to repeat: what exists stays as it is. Throws NotaryError `bad_request` when the
 * folder already belongs to another log, KeyError when a key cannot be made or used.
 */
export async function initNotary(options: InitNotaryOptions): Promise<LogIdentity> {
  const { log, endorsements } = await endorseLog(options);
  await writeEndorsedLog(options.endorsementsDir, log, endorsements);
  return { ...log, sealing: await sealingKey(options.keys) };
}

/** Who the log is, and the endorsements of its keys (JWS, by key name). */
export async function endorseLog(
  options: Omit<InitNotaryOptions, "endorsementsDir">,
): Promise<{ log: TrustedLog; endorsements: Record<string, string> }> {
  const { roots, keys } = options;
  if (!isRegionTag(options.region))
    throw new NotaryError("bad_request", `${options.region} is no region name`);
  const origin = options.origin ?? `${options.region}.log.companyos.io`;
  const root = await roots.signer(keyNames.root);
  const { publicKey: logKey } = await keys.signer(keyNames.log);
  const log: TrustedLog = {
    origin,
    vkey: formatVerifierKey(origin, logKey),
    region: options.region,
    jurisdiction: options.jurisdiction,
    roots: [toRootKey(root.publicKey, root.kid)],
  };
  const endorsements: Record<string, string> = {};
  for (const usage of ["receipt", "statement"] as const) {
    const name = keyNames[usage];
    const { kid, publicKey } = await keys.signer(name);
    const vkey = formatVerifierKey(`${name}.${origin}`, publicKey);
    endorsements[name] = await signEndorsement({ origin, vkey, kid, usage, from: 0 }, root);
  }
  return { log, endorsements };
}
