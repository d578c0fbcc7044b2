/** A log's identity and the root's endorsements of its keys: created once by `notary init`, passed to the notary. */

import type { SealingJwk } from "@companyos/keys";
import { openEndorsement, parseTrust, type TrustedLog } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";

import type { OwnEndorsement } from "./writer/endorse.ts";
import { NotaryError } from "./writer/errors.ts";

/** Who this log is; public: what `GET /v1/identity` shows. All but `sealing` makes a TrustedLog. */
export interface LogIdentity extends TrustedLog {
  /** Public key that senders seal their records to. */
  readonly sealing: SealingJwk;
}

export interface EndorsedLog {
  /** As trust.json names it. */
  readonly log: TrustedLog;
  /** The receipt key's and the statement key's, each verified. */
  readonly endorsements: readonly OwnEndorsement[];
}

/** The log as trust.json names it. `where` it was read. Throws NotaryError `bad_request` when it is malformed. */
export function parseIdentity(text: string, where: string): TrustedLog {
  // The one strict parser for such entries is that of trust.json.
  const trust = `{"version":1,"expires":"2100-01-01T00:00:00Z","previous":null,"logs":[${text}],"quorum":null,"minimum":[]}`;
  try {
    return parseTrust(trust).logs[0] as TrustedLog;
  } catch (cause) {
    throw new NotaryError("bad_request", `${where} does not describe a log: ${(cause as Error).message}`, {
      cause,
    });
  }
}

/** The endorsement of one of the log's keys. Throws a Refusal when it does not hold. */
export async function parseEndorsement(jws: string, log: TrustedLog): Promise<OwnEndorsement> {
  return { ...(await openEndorsement(jws, log.origin, log.roots, nodeCrypto)), jws };
}
