/** One receipt with the proof that a log has it, apart from the evidence of its tenant. */

import { type OpenedCheckpoint, openCheckpoint } from "./checkpoint.ts";
import { logChain } from "./claims.ts";
import type { CryptoProvider } from "./crypto.ts";
import { verifyEd25519 } from "./ed25519.ts";
import { decodeBase64, encodeBase64, encodeUtf8, parseDecimal, sameBytes } from "./encoding.ts";
import { type Endorsement, openEndorsement } from "./endorsement.ts";
import { leafHash, rootFromInclusion } from "./merkle.ts";
import { parseVerifierKey } from "./note.ts";
import { type ParsedReceipt, parseReceipt } from "./parse.ts";
import { refuse } from "./refusals.ts";
import type { TrustedLog } from "./trust.ts";

export interface SingleReceipt {
  /** SD-JWT with the disclosures that are shown. */
  readonly receipt: string;
  /** JWS by which a root key of the log endorsed the key that signed it. */
  readonly endorsement: string;
  /** That the log has it: a C2SP tlog-proof. */
  readonly proof: string;
}

/** A C2SP tlog-proof without extra data. */
export interface TlogProof {
  readonly index: number;
  /** Lowest first. */
  readonly path: readonly Uint8Array[];
  /** The signed note. */
  readonly checkpoint: string;
}

const header = "c2sp.org/tlog-proof@v1";

export function formatTlogProof({ index, path, checkpoint }: TlogProof): string {
  return [header, `index ${index}`, ...path.map(encodeBase64), "", checkpoint].join("\n");
}

/** Refuses `PROOF_REFUSED`. Extra data is read over. */
export function parseTlogProof(text: string): TlogProof {
  const bad = (): never => refuse("PROOF_REFUSED", "a proof is a C2SP tlog-proof");
  if (text.length > 65_536) bad();
  const end = text.indexOf("\n\n");
  const [first, ...lines] = text.slice(0, Math.max(end, 0)).split("\n");
  if (first !== header) return bad();
  if (lines[0]?.startsWith("extra ")) lines.shift();
  const index = parseDecimal(/^index (.*)$/.exec(lines.shift() ?? "")?.[1] ?? "");
  if (index === undefined || lines.length > 63) return bad();
  const path = lines.map((line) => decodeBase64(line) ?? bad());
  return { index, path, checkpoint: text.slice(end + 2) };
}

export interface OpenedReceipt {
  readonly receipt: ParsedReceipt;
  readonly checkpoint: OpenedCheckpoint;
  /** Of the key that signed it. That no other had replaced it by then shows in a tenant's evidence only. */
  readonly key: Endorsement;
}

/**
 * Checks one receipt by what is believed of its log: signed by an endorsed key, and a leaf of the tree that the log signed.
 * Refuses with the codes of evidence; nothing is said about what else the log has.
 */
export async function openSingleReceipt(
  { receipt: sdJwt, endorsement, proof }: SingleReceipt,
  { origin, vkey, roots }: Pick<TrustedLog, "origin" | "vkey" | "roots">,
  crypto: CryptoProvider,
): Promise<OpenedReceipt> {
  const receipt = parseReceipt(sdJwt, crypto.sha256);
  const { claims, kid } = receipt;
  if (claims.iss !== origin) refuse("OTHER_LOG", `a receipt of ${claims.iss}`);
  const key = await openEndorsement(endorsement, origin, roots, crypto);
  if (key.kid !== kid) refuse("KEY_UNKNOWN", `the endorsement is of ${key.kid}, not of the key ${kid}`);
  if (key.usage !== "receipt") refuse("KEY_USAGE", `the key ${kid} is endorsed for each ${key.usage} only`);
  // The endorsement's own receipt, signed by the key that it endorses, stands at its beginning.
  if (claims.idx < key.from && claims.sub !== logChain)
    refuse("KEY_RETIRED", `the key ${kid} does not count at index ${claims.idx}`);
  const { publicKey } = parseVerifierKey(key.vkey, "ENDORSEMENT_REFUSED");
  if (!(await verifyEd25519(crypto, publicKey, receipt.signingInput, receipt.signature)))
    refuse("RECEIPT_SIGNATURE", `the key ${kid} did not sign this receipt`);
  const { index, path, checkpoint: note } = parseTlogProof(proof);
  if (index !== claims.idx) refuse("INDEX_MISMATCH", `the receipt of index ${claims.idx} stands at ${index}`);
  const checkpoint = await openCheckpoint(note, parseVerifierKey(vkey), crypto);
  const leaf = leafHash(encodeUtf8(receipt.leaf), crypto.sha256);
  const root = rootFromInclusion(leaf, index, checkpoint.size, path);
  if (root === undefined || !sameBytes(root, checkpoint.root))
    refuse("ROOT_MISMATCH", `the proof does not lead to what ${origin} signed at size ${checkpoint.size}`);
  return { receipt, checkpoint, key };
}
