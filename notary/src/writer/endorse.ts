/** Endorsements of our keys: each is logged before, and with the first batch that, a new key signs. */

import { type Endorsement, type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { uuidv7 } from "@companyos/service/uuidv7";
import { NotaryError } from "./errors.ts";
import { type Item, newItem } from "./item.ts";
import type { LogState } from "./state.ts";

export interface OwnEndorsement extends Endorsement {
  /** The root-signed JWS itself. */
  readonly jws: string;
}

/**
 * Items that must lead the next batch: endorsements that are not in the log yet, the receipt key's first, because
 * it signs them all. Throws `halted` when the log has gone on to another receipt key than ours.
 */
export function missingEndorsements(
  state: LogState,
  own: readonly OwnEndorsement[],
  place: { readonly region: string; readonly now: number },
): Item[] {
  const inForce = state.endorsed.findLast(({ usage }) => usage === "receipt");
  const missing = own.filter(({ kid }) => !state.endorsed.some((key) => key.kid === kid));
  const receiptKey = own.find(({ usage }) => usage === "receipt");
  if (receiptKey === undefined)
    throw new NotaryError("halted", "the receipt key is not endorsed: run notary init");
  if (inForce && inForce.kid !== receiptKey.kid && !missing.includes(receiptKey)) {
    throw new NotaryError(
      "halted",
      `receipt key ${receiptKey.kid} was replaced by ${inForce.kid}: use that one`,
    );
  }
  return missing
    .toSorted((a, b) => Number(b.usage === "receipt") - Number(a.usage === "receipt"))
    .map((endorsement) =>
      newItem({
        journal: undefined,
        event: endorsementEvent(endorsement, place),
        endorses: { kid: endorsement.kid, usage: endorsement.usage },
        since: performance.now(),
      }),
    );
}

function endorsementEvent(
  { jws, usage }: OwnEndorsement,
  { region, now }: { readonly region: string; readonly now: number },
): ReceiptEvent {
  return receiptEvent("key.endorsed", {
    rid: uuidv7(now),
    at: now,
    cluster: region,
    region,
    reason: `KEY_${usage.toUpperCase()}`,
    disclosable: { details: { endorsement: jws } },
  });
}
