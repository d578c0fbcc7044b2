import { type ChainHead, sealedChains } from "./chains.ts";
import {
  claimNames,
  isCounter,
  isHandle,
  isName,
  isOrigin,
  isSeconds,
  logChain,
  maxDisclosure,
  maxLeaf,
  type ReceiptClaims,
} from "./claims.ts";
import { type Sha256, sha256 } from "./crypto.ts";
import { disclosureNames } from "./disclosure-names.ts";
import { encodeBase64url, encodeUtf8 } from "./encoding.ts";
import type { Json, ReceiptEvent } from "./event.ts";
import { clearPart } from "./event-form.ts";
import { ReceiptError } from "./receipt-error.ts";
import type { DisclosureName } from "./types/receipt-type.ts";

/** Where the notary puts a receipt. */
export interface ReceiptPlace {
  /** Origin of the log. */
  readonly iss: string;
  /** Seconds since the epoch, not below that of the index before. */
  readonly iat: number;
  readonly idx: number;
  /** Handle of the tenant (`newHandle`), or `_log`. */
  readonly sub: string;
  readonly seq: number;
  /** Index of the receipt before in this chain; −1 when `seq` is 0. */
  readonly prev: number;
  /** Pseudonym of the journal, and the event's counter in it: rises with the index within one journal. */
  readonly src: string;
  readonly n: number;
  /**
   * Required for `evidence.sealed`: the last receipt of the chain `_log` before this one. It becomes `details.log`,
   * by which a verifier knows that no endorsement is hidden.
   */
  readonly logHead?: { readonly seq: number; readonly idx: number };
  /**
   * For `evidence.sealed`: every chain of the tenant's name in this log, with its last receipt before this one, by
   * rising index of the geneses. It becomes `details.chains`, by which a verifier knows that no chain is left out.
   * Without it evidence is never complete.
   */
  readonly chains?: readonly ChainHead[];
}

/** The costly part of issuing, for platforms that do it faster than JavaScript; results must be the same. */
export interface IssueEncoder {
  /** base64url of the UTF-8 of a text, without padding. */
  base64url(text: string): string;
  /** base64url SHA-256 of an ASCII text. */
  digest(ascii: string): string;
}

export interface IssueRequest {
  readonly event: ReceiptEvent;
  readonly place: ReceiptPlace;
  /** Id of the receipt key, as its endorsement names it. */
  readonly kid: string;
  /** Ed25519 signature (64 bytes) of the given bytes. */
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
  /** Salts are drawn from it: 16 bytes for each disclosure. */
  random(length: number): Uint8Array;
  /** Default: JavaScript that runs everywhere. */
  readonly encoder?: IssueEncoder;
}

export interface IssuedReceipt {
  /** The issuer-signed JWT (ASCII, no tilde): the entry of the log. */
  readonly leaf: string;
  /** Encoded disclosures (without tilde) in the order of `disclosureNames[type]`. */
  readonly disclosures: readonly string[];
}

/** Writes a disclosure: base64url of the JSON array of salt, name and value (RFC 9901, 4.2.1). */
export function encodeDisclosure(
  salt: string,
  name: string,
  value: Json,
  { base64url }: Pick<IssueEncoder, "base64url"> = portable,
): string {
  return base64url(JSON.stringify([salt, name, value]));
}

/** base64url SHA-256 of an encoded disclosure (RFC 9901, 4.2.3). */
export function disclosureDigest(disclosure: string, hash: Sha256 = sha256): string {
  return encodeBase64url(hash(encodeUtf8(disclosure)));
}

const portable: IssueEncoder = {
  base64url: (text) => encodeBase64url(encodeUtf8(text)),
  digest: (ascii) => disclosureDigest(ascii),
};

/**
 * Makes the receipt of an event: an SD-JWT (RFC 9901) whose JWT is the leaf and holds nothing personal. Values
 * beyond the limit of a disclosure are cut and marked. ReceiptError `BAD_EVENT` (a type or disclosable claim that
 * does not exist) and `BAD_PLACE`.
 */
export async function issueReceipt(request: IssueRequest): Promise<IssuedReceipt> {
  const { event, place, kid, random, encoder = portable } = request;
  checkPlace(place, kid, event);
  const values = disclosableOf(event, place);
  const names = disclosureNames[event.type];
  const salts = random(16 * names.length);
  const disclosures = names.map((name, i) =>
    encodeWithinLimit(
      encodeBase64url(salts.subarray(16 * i, 16 * i + 16)),
      name,
      values[name] ?? null,
      encoder,
    ),
  );
  const digests = disclosures.map((disclosure) => encoder.digest(disclosure)).sort();
  const { iss, iat, idx, sub, seq, prev, src, n } = place;
  const all: ReceiptClaims = {
    iss,
    iat,
    idx,
    sub,
    seq,
    prev,
    src,
    n,
    ...clearPart(event),
    _sd_alg: "sha-256",
    _sd: digests,
  };
  const claims = Object.fromEntries(claimNames.map((name) => [name, all[name]]));
  const input = `${encodedHeader(kid)}.${encoder.base64url(JSON.stringify(claims))}`;
  const leaf = `${input}.${encodeBase64url(await request.sign(encodeUtf8(input)))}`;
  if (leaf.length > maxLeaf)
    throw new ReceiptError("BAD_EVENT", `the leaf has ${leaf.length} bytes, at most ${maxLeaf}`);
  return { leaf, disclosures };
}

/** The SD-JWT that shows `disclosures`; empty ones give the leaf alone. */
export function formatReceipt(leaf: string, disclosures: readonly string[] = []): string {
  return disclosures.length === 0 ? `${leaf}~` : `${leaf}~${disclosures.join("~")}~`;
}

/** A new handle for a tenant: 128 random bits in base64url. */
export function newHandle(random: (length: number) => Uint8Array): string {
  return encodeBase64url(random(16));
}

let lastHeader = { kid: "", encoded: "" };

function encodedHeader(kid: string): string {
  if (lastHeader.kid !== kid) {
    const header = JSON.stringify({ alg: "Ed25519", kid, typ: "receipt+sd-jwt" });
    lastHeader = { kid, encoded: encodeBase64url(encodeUtf8(header)) };
  }
  return lastHeader.encoded;
}

function checkPlace(place: ReceiptPlace, kid: string, event: ReceiptEvent): void {
  const bad = (what: string): never => {
    throw new ReceiptError("BAD_PLACE", what);
  };
  if (!isOrigin(place.iss)) bad("iss is the log's origin: no spaces, no +");
  if (!isSeconds(place.iat)) bad("iat is in whole seconds since the epoch");
  if (!isCounter(place.idx) || !isCounter(place.seq) || !isCounter(place.n))
    bad("idx, seq and n count from 0");
  if (place.sub !== logChain && !isHandle(place.sub)) bad("sub is a handle made by newHandle, or _log");
  if (place.seq === 0 ? place.prev !== -1 : !isCounter(place.prev) || place.prev >= place.idx) {
    bad("prev is the index of the receipt before in its chain, −1 when seq is 0");
  }
  if (!isName(place.src)) bad("src is a journal's pseudonym of letters, digits and ._:/@-");
  if (!isName(kid)) bad("kid consists of letters, digits and ._:/@-");
  if (event.type === "evidence.sealed" && place.logHead === undefined) bad("a seal needs logHead");
  if (place.chains?.every(({ handle }) => handle !== place.sub))
    bad("a seal's own chain is among its chains");
}

function disclosableOf(event: ReceiptEvent, place: ReceiptPlace): Partial<Record<DisclosureName, Json>> {
  const names: readonly string[] = disclosureNames[event.type];
  for (const name of Object.keys(event.disclosable)) {
    if (!names.includes(name)) {
      throw new ReceiptError("BAD_EVENT", `a receipt ${event.type} has no disclosable claim ${name}`);
    }
  }
  const values: Partial<Record<DisclosureName, Json>> = {
    ...(event.type === "tenant.opened" && event.tenant !== undefined ? { uid: event.tenant.uid } : {}),
    ...event.disclosable,
    // A closing is found under the id that people were shown: that of the first response.
    rid: (event.type === "admission.repeated" ? event.disclosable.rid : undefined) ?? event.rid,
    cluster: event.cluster,
    tenant: event.tenant?.name ?? null,
  };
  if (event.type !== "evidence.sealed") return values;
  const { details } = values;
  const rest = typeof details === "object" && details !== null && !Array.isArray(details) ? details : {};
  const log = { seq: place.logHead!.seq, idx: place.logHead!.idx };
  const chains = place.chains === undefined ? {} : { chains: sealedChains(place.chains) };
  return { ...values, details: { ...rest, log, ...chains } };
}

/** A value too long for a disclosure is replaced by its beginning, marked as cut, with its original length. */
function encodeWithinLimit(salt: string, name: DisclosureName, value: Json, encoder: IssueEncoder): string {
  const whole = encodeDisclosure(salt, name, value, encoder);
  if (whole.length <= maxDisclosure) return whole;
  const text = typeof value === "string" ? value : JSON.stringify(value);
  for (let keep = 8192; ; keep = Math.floor(keep / 2)) {
    const part = { cut: true, length: text.length, head: text.slice(0, keep) };
    const cut = encodeDisclosure(salt, name, part, encoder);
    if (cut.length <= maxDisclosure) return cut;
  }
}
