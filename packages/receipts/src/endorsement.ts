import { parseCanonicalJsonBytes } from "./canonical.ts";
import { isCounter, isName } from "./claims.ts";
import type { CryptoProvider } from "./crypto.ts";
import { decodeBase64url, encodeBase64url, encodeUtf8 } from "./encoding.ts";
import type { Json } from "./event.ts";
import { parseVerifierKey } from "./note.ts";
import { fromRootKey, type RootKey, verifyES256 } from "./p256.ts";
import { refuse } from "./refusals.ts";

export type EndorsedUsage = "receipt" | "statement";

/** What a root key says about another key. */
export interface Endorsement {
  /** The log it is for. */
  readonly origin: string;
  /** The endorsed Ed25519 key; its name is free. */
  readonly vkey: string;
  /** Key id under which it signs; never used twice in a log. */
  readonly kid: string;
  readonly usage: EndorsedUsage;
  /**
   * First index at which it counts; its own receipt's index when that is higher. It ends where the next key of the
   * same usage begins.
   */
  readonly from: number;
}

export interface RootSigner {
  /** Id of the root key in trust.json. */
  readonly kid: string;
  /** ES256: r‖s with s in the lower half. */
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

const encodeJson = (value: Json): string => encodeBase64url(encodeUtf8(JSON.stringify(value)));

/** Compact JWS (ES256, RFC 7515) of an endorsement; it belongs into `details.endorsement` of a `key.endorsed` of `_log`. */
export async function signEndorsement(endorsement: Endorsement, root: RootSigner): Promise<string> {
  const { origin, vkey, kid, usage, from } = endorsement;
  const header = { alg: "ES256", kid: root.kid, typ: "endorsement+jws" };
  const input = `${encodeJson(header)}.${encodeJson({ origin, vkey, kid, usage, from })}`;
  return `${input}.${encodeBase64url(await root.sign(encodeUtf8(input)))}`;
}

/**
 * Verifies an endorsement for the log `origin` under one of its root keys. Refuses `ENDORSEMENT_REFUSED`,
 * `ENDORSEMENT_SIGNATURE`, `ENDORSEMENT_OTHER_LOG`, `SIGNATURE_HIGH_S`, and what the encodings refuse.
 */
export async function openEndorsement(
  jws: string,
  origin: string,
  roots: readonly RootKey[],
  crypto: CryptoProvider,
): Promise<Endorsement> {
  const parts = jws.split(".");
  if (parts.length !== 3 || jws.length > 4096)
    refuse("ENDORSEMENT_REFUSED", "an endorsement is a compact JWS");
  const [head, body, signature] = parts.map((part) => decodeBase64url(part));
  if (head === undefined || body === undefined || signature === undefined) {
    return refuse("BASE64_NOT_CANONICAL", "a part of the endorsement is not canonical");
  }
  const header = recordOf(parseCanonicalJsonBytes(head, "the endorsement's header"), "alg,kid,typ");
  if (header.alg !== "ES256" || header.typ !== "endorsement+jws") {
    refuse("ENDORSEMENT_REFUSED", "an endorsement's header is {alg: ES256, kid, typ: endorsement+jws}");
  }
  const root = roots.find((key) => key.kid === header.kid);
  if (root === undefined)
    return refuse("ENDORSEMENT_SIGNATURE", "the endorsement names no root key of this log");
  const input = encodeUtf8(`${parts[0]}.${parts[1]}`);
  if (!(await verifyES256(crypto, fromRootKey(root), input, signature))) {
    refuse("ENDORSEMENT_SIGNATURE", `the root key ${root.kid} did not sign this endorsement`);
  }
  const endorsement = endorsementOf(parseCanonicalJsonBytes(body, "the endorsement"));
  if (endorsement.origin !== origin) {
    refuse("ENDORSEMENT_OTHER_LOG", `the key ${endorsement.kid} is endorsed for ${endorsement.origin}`);
  }
  return endorsement;
}

function recordOf(value: Json, fields: string): { [key: string]: Json } {
  const isRecord = typeof value === "object" && value !== null && !Array.isArray(value);
  if (!isRecord || Object.keys(value).join() !== fields) {
    return refuse("ENDORSEMENT_REFUSED", `expected exactly ${fields}, in this order`);
  }
  return value;
}

function endorsementOf(value: Json): Endorsement {
  const { origin, vkey, kid, usage, from } = recordOf(value, "origin,vkey,kid,usage,from");
  if (typeof origin !== "string" || typeof vkey !== "string" || !isName(kid) || !isCounter(from)) {
    return refuse("ENDORSEMENT_REFUSED", "a field of the endorsement is not of its form");
  }
  if (usage !== "receipt" && usage !== "statement") {
    return refuse("ENDORSEMENT_REFUSED", "a key is endorsed for receipt or statement");
  }
  if (parseVerifierKey(vkey, "ENDORSEMENT_REFUSED").usage !== "log") {
    refuse("ENDORSEMENT_REFUSED", "a witness key cannot be endorsed");
  }
  return { origin, vkey, kid, usage, from };
}
