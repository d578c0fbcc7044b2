import { readFile } from "node:fs/promises";
import {
  canonicalTrust,
  formatInstant,
  parseTrust,
  Refusal,
  type RootKey,
  type Trust,
  trustFingerprint,
} from "@companyos/receipts";
import { enough, insteadOf } from "../verify/file-kinds.ts";

/** What `GET /v1/identity` of a notary says about its log. */
export interface NotaryIdentity {
  readonly region: string;
  readonly jurisdiction: string;
  readonly origin: string;
  readonly vkey: string;
  readonly roots: readonly RootKey[];
}

/**
 * A first trust file (version 1, no predecessor, no witnesses) that trusts these logs, checked as a verifier would. It is
 * the same for everybody who asks the same logs in the same month (UTC), in any order, so that fingerprints compare.
 * `expires`: RFC 3339, UTC, whole seconds; else the end of this month a year from `now`.
 */
export function composeTrust(
  identities: readonly NotaryIdentity[],
  { now = new Date(), expires = endOfMonthNextYear(now) }: { now?: Date; expires?: string } = {},
): Trust {
  const byOrigin = [...identities].sort((a, b) => (a.origin < b.origin ? -1 : 1));
  const trust: Trust = {
    version: 1,
    expires,
    previous: null,
    logs: byOrigin.map(({ origin, vkey, region, jurisdiction, roots }) => ({
      origin,
      vkey,
      region,
      jurisdiction,
      roots,
    })),
    quorum: null,
    minimum: [],
  };
  return parseTrust(canonicalTrust(trust));
}

function endOfMonthNextYear(now: Date): string {
  return formatInstant(Date.UTC(now.getUTCFullYear() + 1, now.getUTCMonth() + 1) / 1000 - 1);
}

/** Rejects, naming the file, when it cannot be read or is no trust file. */
export async function readTrust(file: string): Promise<Trust> {
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`the trust file ${file} cannot be read (${error.message})`);
  });
  try {
    return parseTrust(text);
  } catch (error) {
    if (error instanceof Refusal)
      throw new Error(
        `${file} is ${insteadOf("trust file", text.slice(0, enough), `no trust file: ${error.message} [${error.code}]`)}`,
      );
    throw error;
  }
}

/** The file's text, indented for people; its fingerprint does not depend on the layout. */
export function trustText(trust: Trust): string {
  return `${JSON.stringify(JSON.parse(canonicalTrust(trust)), null, 2)}\n`;
}

export { trustFingerprint };
