/** From an event to a receipt at its place in the log. */

import { randomBytes } from "node:crypto";

import type { Signer } from "@companyos/keys";
import {
  type DisclosureName,
  disclosureNames,
  type IssuedReceipt,
  issueReceipt,
  type Json,
  type ReceiptEvent,
  type ReceiptPlace,
} from "@companyos/receipts";
import { nodeEncoder } from "@companyos/receipts/node";

/** A receipt with its place. */
export interface Issued extends IssuedReceipt {
  readonly event: ReceiptEvent;
  readonly place: ReceiptPlace;
}

export type Issue = (event: ReceiptEvent, place: ReceiptPlace) => Promise<Issued>;

/** Salts come from a pool: a system call for each receipt costs as much as hashing. */
const poolSize = 65_536;
let pool = randomBytes(poolSize);
let drawn = 0;

function random(length: number): Uint8Array {
  if (drawn + length > poolSize) {
    pool = randomBytes(poolSize);
    drawn = 0;
  }
  drawn += length;
  return pool.subarray(drawn - length, drawn);
}

/** Signs with a receipt key. Whatever a sender got wrong about its event, it is logged. */
export function issuer(signer: Signer): Issue {
  const { kid } = signer;
  const sign = (bytes: Uint8Array) => signer.sign(bytes);
  return async (event, place) => {
    const known = { ...event, disclosable: knownOnly(event) };
    const issued = await issueReceipt({ event: known, place, kid, sign, random, encoder: nodeEncoder });
    return { ...issued, event: known, place };
  };
}

/** A claim its type does not have must not hold up the journal behind it. */
function knownOnly({ type, disclosable }: ReceiptEvent): Partial<Record<DisclosureName, Json>> {
  const names: readonly string[] = disclosureNames[type];
  return Object.fromEntries(Object.entries(disclosable).filter(([name]) => names.includes(name)));
}
