/** Keys, identity and endorsements of one notary, opened and checked against each other. */

import type { Keys, Signer } from "@companyos/keys";
import { openLocalKeys } from "@companyos/keys/local";
import {
  type Absence,
  parseVerifierKey,
  signAbsence,
  signCheckpoint,
  type TrustedLog,
} from "@companyos/receipts";

import { defaultEndorsementsDir, readEndorsement, readIdentity } from "./identity.ts";
import type { LogIdentity } from "./options.ts";
import { sealingKey } from "./sealing.ts";
import type { OwnEndorsement } from "./writer/endorse.ts";
import { NotaryError } from "./writer/errors.ts";

/** Which generation of receipt and statement key is in use. */
const receiptKey = "receipt-1";
const statementKey = "statement-1";

export interface OpenedNotary {
  readonly keys: Keys;
  readonly identity: LogIdentity;
  readonly receipt: Signer;
  readonly statement: Signer;
  readonly endorsements: readonly OwnEndorsement[];
  signCheckpoint(size: number, root: Uint8Array): Promise<string>;
  /** Under the log's key, as checkpoints. */
  signAbsence(absence: Absence): Promise<string>;
}

/** Never touches a root key: refuses a folder that holds one. Throws NotaryError `bad_request`, KeyError. */
export async function openNotary(options: {
  readonly region: string;
  readonly keysDir: string;
  readonly endorsementsDir?: string | undefined;
}): Promise<OpenedNotary> {
  const { region, keysDir } = options;
  const dir = options.endorsementsDir ?? defaultEndorsementsDir(keysDir);
  const log = await readIdentity(dir);
  if (log.region !== region) {
    throw new NotaryError("bad_request", `${dir} belongs to region ${log.region}, not ${region}`);
  }
  const endorsements = [
    await readEndorsement(dir, receiptKey, log),
    await readEndorsement(dir, statementKey, log),
  ];
  const keys = await openLocalKeys({ dir: keysDir, create: true, root: false });
  const [logSigner, receipt, statement] = [
    await keys.signer("log"),
    await keys.signer(receiptKey),
    await keys.signer(statementKey),
  ];
  mustMatch("log", logSigner, log.vkey);
  mustMatch(receiptKey, receipt, endorsements[0]!.vkey);
  mustMatch(statementKey, statement, endorsements[1]!.vkey);
  return {
    keys,
    identity: { ...(log satisfies TrustedLog), sealing: await sealingKey(keys) },
    receipt,
    statement,
    endorsements,
    signCheckpoint: (size, root) => signCheckpoint({ origin: log.origin, size, root }, logSigner),
    signAbsence: (absence) => signAbsence(absence, logSigner),
  };
}

function mustMatch(name: string, signer: Signer, vkey: string): void {
  const { publicKey } = parseVerifierKey(vkey);
  if (Buffer.compare(publicKey, signer.publicKey) === 0) return;
  throw new NotaryError(
    "bad_request",
    `key ${name} is not the one that was endorsed: restore the keys' folder`,
  );
}
