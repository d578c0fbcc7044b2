/** Whether a log has a receipt, by the keys that somebody believes. */
import {
  namesWithin,
  type OpenedReceipt,
  openSingleReceipt,
  parseInstant,
  parseReceipt,
  Refusal,
  type SingleReceipt,
  type Trust,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";

/** `believed`: whose keys it was checked by. */
export type ShownVerdict =
  | {
      readonly valid: true;
      readonly believed: "notary" | "trust file";
      readonly origin: string;
      /** Of the tree that the log signed. */
      readonly size: number;
      readonly kid: string;
      /** Names of what it has digests of, and does not show. */
      readonly withheld: readonly string[];
    }
  | {
      readonly valid: false;
      readonly believed: "notary" | "trust file";
      readonly code: string;
      readonly message: string;
    };

export interface Judged {
  readonly verdict: ShownVerdict;
  /** Where it holds: what the log has, which counts over what anybody says that it has. */
  readonly opened?: OpenedReceipt;
}

/** `iss`: the origin of the log that it is said to be of; default: the one that it says itself. */
export async function judged(
  single: SingleReceipt,
  { logs, expires }: Pick<Trust, "logs" | "expires">,
  believed: ShownVerdict["believed"],
  iss?: string,
): Promise<Judged> {
  try {
    if (!(Date.now() <= parseInstant(expires)! * 1000))
      throw new Refusal("TRUST_EXPIRED", `the trust file expired ${expires}`);
    const wanted = iss ?? parseReceipt(single.receipt, nodeCrypto.sha256).claims.iss;
    const log = logs.find(({ origin }) => origin === wanted);
    if (log === undefined) throw new Refusal("OTHER_LOG", `no log ${wanted} is in the trust file`);
    const opened = await openSingleReceipt(single, log, nodeCrypto);
    const { origin, size } = opened.checkpoint;
    const withheld = withheldIn(opened);
    return { verdict: { valid: true, believed, origin, size, kid: opened.key.kid, withheld }, opened };
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { verdict: { valid: false, believed, code: error.code, message: error.message } };
  }
}

function withheldIn({ receipt: { claims, disclosed } }: OpenedReceipt): string[] {
  return namesWithin(claims.type, claims._sd.length).filter((name) => !disclosed.has(name));
}

/** Its content as `GET /v1/receipts` of a notary lists it. */
export function contentOf({ receipt: { claims, disclosed } }: OpenedReceipt) {
  const { _sd, _sd_alg, ...clear } = claims;
  return { idx: claims.idx, claims: clear, disclosed: Object.fromEntries(disclosed) };
}
