import { parseCanonicalJsonBytes } from "./canonical.ts";
import {
  type CheckedClaims,
  checkClaims,
  isName,
  maxDisclosure,
  maxLeaf,
  type ReceiptClaims,
} from "./claims.ts";
import { type Sha256, sha256 } from "./crypto.ts";
import { namesWithin } from "./disclosure-names.ts";
import { decodeBase64url, encodeBase64url, encodeUtf8 } from "./encoding.ts";
import type { Json } from "./event.ts";
import { refuse, refuseNewer } from "./refusals.ts";
import type { DisclosureName } from "./types/receipt-type.ts";

export interface ParsedReceipt {
  /** The JWT: the log's entry (ASCII). */
  readonly leaf: string;
  readonly kid: string;
  readonly claims: ReceiptClaims;
  /** What the signature covers: the bytes of `header.payload`. */
  readonly signingInput: Uint8Array;
  readonly signature: Uint8Array;
  /** Disclosed claims, in the type's order. */
  readonly disclosed: ReadonlyMap<DisclosureName, Json>;
}

/**
 * Parses an SD-JWT of the receipt profile, strictly, and matches every disclosure to its digest. It verifies no
 * signature. Without disclosures the text is the leaf and one tilde.
 */
export function parseReceipt(sdJwt: string, hash: Sha256 = sha256): ParsedReceipt {
  const { newer, ...receipt } = parseAnyReceipt(sdJwt, hash);
  return newer === undefined ? receipt : refuseNewer(newer);
}

/** The same for receipts of later versions too, whose form is checked as far as this version knows it. */
export function parseAnyReceipt(
  sdJwt: string,
  hash: Sha256 = sha256,
): ParsedReceipt & Pick<CheckedClaims, "newer"> {
  if (!sdJwt.endsWith("~")) refuse("RECEIPT_REFUSED", "an SD-JWT without key binding ends with a tilde");
  const parts = sdJwt.slice(0, -1).split("~");
  const leaf = parts[0]!;
  if (leaf.length > maxLeaf) refuse("TOO_LONG", `a leaf has at most ${maxLeaf} bytes`);
  const jwt = parseLeaf(leaf);
  return { ...jwt, leaf, disclosed: disclosuresOf(parts.slice(1), jwt, hash) };
}

type Leaf = Omit<ParsedReceipt, "leaf" | "disclosed"> & Pick<CheckedClaims, "newer">;

function parseLeaf(leaf: string): Leaf {
  const dot = leaf.indexOf(".");
  const end = leaf.lastIndexOf(".");
  if (dot < 0 || leaf.indexOf(".", dot + 1) !== end || end === dot) {
    refuse("RECEIPT_REFUSED", "a JWT has three parts");
  }
  const kid = kidOf(leaf.slice(0, dot));
  const payload = bytesOf(leaf.slice(dot + 1, end), "the payload");
  const { claims, newer } = checkClaims(parseCanonicalJsonBytes(payload, "the receipt's payload"));
  const signature = bytesOf(leaf.slice(end + 1), "the signature");
  return { kid, claims, newer, signingInput: encodeUtf8(leaf.slice(0, end)), signature };
}

function bytesOf(text: string, what: string): Uint8Array {
  return decodeBase64url(text) ?? refuse("BASE64_NOT_CANONICAL", `${what} of the receipt is not canonical`);
}

/** All receipts of one key have the same header, letter by letter. */
let lastHeader = { encoded: "", kid: "" };

function kidOf(encoded: string): string {
  if (encoded !== lastHeader.encoded) lastHeader = { encoded, kid: parseHeader(encoded) };
  return lastHeader.kid;
}

function parseHeader(encoded: string): string {
  const header = parseCanonicalJsonBytes(bytesOf(encoded, "the header"), "the receipt's header");
  if (typeof header !== "object" || header === null || Array.isArray(header)) {
    return refuse("HEADER_REFUSED", "a header is an object");
  }
  if (header.alg !== "Ed25519") refuse("ALG_REFUSED", "a receipt is signed with Ed25519 and nothing else");
  const { kid } = header;
  if (Object.keys(header).join() !== "alg,kid,typ" || header.typ !== "receipt+sd-jwt" || !isName(kid)) {
    return refuse("HEADER_REFUSED", "a header is {alg, kid, typ: receipt+sd-jwt}, in this order");
  }
  return kid;
}

function disclosuresOf(
  encoded: readonly string[],
  { claims, newer }: Leaf,
  hash: Sha256,
): Map<DisclosureName, Json> {
  const disclosed = new Map<DisclosureName, Json>();
  const names = newer === undefined ? namesWithin(claims.type, claims._sd.length) : [];
  let last = -1;
  for (const text of encoded) {
    if (text.length > maxDisclosure)
      refuse("TOO_LONG", `a disclosure has at most ${maxDisclosure} characters`);
    const [name, value] = parseDisclosure(text);
    // Before the order: what is not part of this receipt has no place in its order either.
    if (!claims._sd.includes(encodeBase64url(hash(encodeUtf8(text))))) {
      refuse("DISCLOSURE_UNREFERENCED", "a disclosure matches no digest of its receipt");
    }
    // Which names a later version has, and in which order, is not known.
    if (newer !== undefined) continue;
    const at = names.indexOf(name as DisclosureName);
    if (at < 0) refuse("DISCLOSURE_NAME", `a receipt ${claims.type} has no disclosable claim of this name`);
    if (at <= last) refuse("DISCLOSURE_DUPLICATE", `${name} is disclosed twice, or out of order`);
    last = at;
    disclosed.set(names[at]!, value);
  }
  return disclosed;
}

function parseDisclosure(encoded: string): [name: string, value: Json] {
  const bytes = decodeBase64url(encoded);
  if (bytes === undefined) return refuse("BASE64_NOT_CANONICAL", "a disclosure is not canonical");
  const content = parseCanonicalJsonBytes(bytes, "a disclosure");
  if (!Array.isArray(content) || content.length !== 3) {
    return refuse("DISCLOSURE_REFUSED", "a disclosure is an array of salt, name and value");
  }
  const [salt, name, value] = content as [Json, Json, Json];
  if (typeof salt !== "string" || decodeBase64url(salt)?.length !== 16) {
    return refuse("DISCLOSURE_REFUSED", "a salt is 128 bits in base64url");
  }
  if (typeof name !== "string") return refuse("DISCLOSURE_REFUSED", "a disclosure's name is a string");
  return [name, value];
}
