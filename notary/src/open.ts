/** Checks the notary's drivers: its keys must be those that were endorsed. */

import type { Keys, Signer } from "@companyos/keys";
import { type Absence, parseVerifierKey, signAbsence, signCheckpoint } from "@companyos/receipts";

import type { EndorsedLog, LogIdentity } from "./identity.ts";
import { keyNames } from "./key-names.ts";
import { sealingKey } from "./sealing.ts";
import type { OwnEndorsement } from "./writer/endorse.ts";
import { NotaryError } from "./writer/errors.ts";

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

/** Never uses a root key. Throws NotaryError `bad_request`, KeyError. */
export async function openNotary(options: {
  readonly region: string;
  readonly keys: Keys;
  readonly endorsed: EndorsedLog;
}): Promise<OpenedNotary> {
  const { region, keys } = options;
  const { log, endorsements } = options.endorsed;
  if (log.region !== region) {
    throw new NotaryError("bad_request", `log ${log.origin} belongs to region ${log.region}, not ${region}`);
  }
  const [logSigner, receipt, statement] = [
    await keys.signer(keyNames.log),
    await keys.signer(keyNames.receipt),
    await keys.signer(keyNames.statement),
  ];
  const endorsed = (usage: OwnEndorsement["usage"]) =>
    endorsements.find((endorsement) => endorsement.usage === usage)?.vkey;
  mustMatch(keyNames.log, logSigner, log.vkey);
  mustMatch(keyNames.receipt, receipt, endorsed("receipt"));
  mustMatch(keyNames.statement, statement, endorsed("statement"));
  return {
    keys,
    identity: { ...log, sealing: await sealingKey(keys) },
    receipt,
    statement,
    endorsements,
    signCheckpoint: (size, root) => signCheckpoint({ origin: log.origin, size, root }, logSigner),
    signAbsence: (absence) => signAbsence(absence, logSigner),
  };
}

function mustMatch(name: string, signer: Signer, vkey: string | undefined): void {
  if (vkey !== undefined && Buffer.compare(parseVerifierKey(vkey).publicKey, signer.publicKey) === 0) return;
  throw new NotaryError("bad_request", `key ${name} is not the one that was endorsed: restore the keys`);
}
