import { isJsonObject, parseCanonicalJson, parseCanonicalJsonBytes } from "../canonical.ts";
import { isCounter, isName } from "../claims.ts";
import { decodeBase64, encodeBase64, encodeUtf8 } from "../encoding.ts";
import type { Json } from "../event.ts";
import { furtherNames } from "../growth.ts";
import { refuse } from "../refusals.ts";
import { parseInstant } from "../time.ts";

/** The last line of a bundle: an in-toto Statement v1 in a DSSE v1 envelope. */

export const statementType = "https://in-toto.io/Statement/v1";
export const predicateType = "https://companyos.io/evidence/v1";
export const payloadType = "application/vnd.in-toto+json";

/** What the prover states about the bundle. */
export interface EvidencePredicate {
  readonly origin: string;
  /** Size of the log that the bundle proves against. */
  readonly size: number;
  /** Name of the tenant, as its genesis discloses it. */
  readonly tenant: string;
  /** For whom it was made, and that person's nonce; as in the seal. */
  readonly audience: string | null;
  readonly nonce: string | null;
  /** `YYYY-MM-DDTHH:MM:SSZ`, both inclusive; `to` not after the seal. */
  readonly period: { readonly from: string; readonly to: string };
  /** Names disclosed in the tenant's receipts, ascending (genesis and seal disclose what they must anyway). */
  readonly disclosed: readonly string[];
}

export interface StatementSigner {
  /** Id of an endorsed statement key. */
  readonly kid: string;
  sign(bytes: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** DSSE v1 pre-authentication encoding. */
function signedBytes(payload: Uint8Array): Uint8Array {
  const head = encodeUtf8(`DSSEv1 ${payloadType.length} ${payloadType} ${payload.length} `);
  const bytes = new Uint8Array(head.length + payload.length);
  bytes.set(head);
  bytes.set(payload, head.length);
  return bytes;
}

/** The envelope as JSON text. `digest`: hex SHA-256 of all bytes of the bundle before the statement's line. */
export async function signStatement(
  predicate: EvidencePredicate,
  digest: string,
  signer: StatementSigner,
): Promise<string> {
  const { origin, size, tenant, audience, nonce, period, disclosed } = predicate;
  const statement = {
    _type: statementType,
    subject: [{ name: "evidence", digest: { sha256: digest } }],
    predicateType,
    predicate: {
      origin,
      size,
      tenant,
      audience,
      nonce,
      period: { from: period.from, to: period.to },
      disclosed,
    },
  };
  const payload = encodeUtf8(JSON.stringify(statement));
  const sig = encodeBase64(await signer.sign(signedBytes(payload)));
  return JSON.stringify({
    payload: encodeBase64(payload),
    payloadType,
    signatures: [{ keyid: signer.kid, sig }],
  });
}

export interface ParsedStatement {
  readonly kid: string;
  readonly signature: Uint8Array;
  /** What the signature covers. */
  readonly signedBytes: Uint8Array;
  /** Hex. */
  readonly digest: string;
  readonly predicate: EvidencePredicate;
  /** What of it only a later version knows. */
  readonly newer: string | undefined;
}

/** Parses strictly; verifies nothing. Refuses `STATEMENT_REFUSED`. */
export function parseStatement(envelope: string): ParsedStatement {
  const outer = record(
    parseCanonicalJson(envelope, "the statement's envelope"),
    "payload,payloadType,signatures",
  );
  const { payload: base64, signatures } = outer;
  if (outer.payloadType !== payloadType) bad(`the payload's type is ${payloadType}`);
  if (!Array.isArray(signatures) || signatures.length !== 1) bad("a statement has one signature");
  const { keyid, sig } = record((signatures as Json[])[0]!, "keyid,sig");
  if (typeof base64 !== "string" || typeof sig !== "string" || !isName(keyid)) {
    return bad("payload, keyid and sig are strings");
  }
  const payload = decodeBase64(base64);
  const signature = decodeBase64(sig);
  if (payload === undefined || signature === undefined) {
    return refuse("BASE64_NOT_CANONICAL", "the statement's payload or signature is not canonical base64");
  }
  const content = parseCanonicalJsonBytes(payload, "the statement");
  return { kid: keyid, signature, signedBytes: signedBytes(payload), ...contentOf(content) };
}

function contentOf(content: Json): Pick<ParsedStatement, "digest" | "predicate" | "newer"> {
  const statement = record(content, "_type,subject,predicateType,predicate");
  if (statement._type !== statementType || statement.predicateType !== predicateType) {
    bad(`a statement is an in-toto Statement v1 about ${predicateType}`);
  }
  const { subject } = statement;
  if (!Array.isArray(subject) || subject.length !== 1) return bad("a statement has one subject");
  const { name, digest } = record(subject[0]!, "name,digest");
  const { sha256 } = record(digest!, "sha256");
  if (name !== "evidence" || typeof sha256 !== "string" || !/^[0-9a-f]{64}$/.test(sha256)) {
    return bad("the subject is evidence, by its SHA-256");
  }
  return { digest: sha256, ...predicateOf(statement.predicate!) };
}

const fields = ["origin", "size", "tenant", "audience", "nonce", "period", "disclosed"];

function predicateOf(value: Json): Pick<ParsedStatement, "predicate" | "newer"> {
  const further = isJsonObject(value) ? furtherNames(Object.keys(value), fields) : undefined;
  if (further === undefined || !isJsonObject(value))
    return bad(`the predicate has the fields ${fields.join()}, in this order`);
  const { origin, size, tenant, audience, nonce, period, disclosed } = value;
  const { from, to } = record(period!, "from,to");
  if (typeof origin !== "string" || !isCounter(size) || typeof tenant !== "string") {
    return bad("origin, size or tenant is not of its form");
  }
  if (!isOptionalText(audience) || !isOptionalText(nonce))
    return bad("audience and nonce are strings or null");
  if (typeof from !== "string" || typeof to !== "string") return bad("a period has a beginning and an end");
  if (parseInstant(from) === undefined || parseInstant(to) === undefined) {
    return bad("times are written YYYY-MM-DDTHH:MM:SSZ");
  }
  if (!Array.isArray(disclosed) || !disclosed.every((name, i) => isNext(name, disclosed[i - 1]))) {
    return bad("disclosed is a list of names, ascending");
  }
  const names = disclosed as string[];
  return {
    predicate: { origin, size, tenant, audience, nonce, period: { from, to }, disclosed: names },
    newer: further[0] && `the statement's field ${further[0]}`,
  };
}

const isNext = (name: Json, before: Json | undefined): boolean =>
  typeof name === "string" && (typeof before !== "string" || before < name);

function isOptionalText(value: Json | undefined): value is string | null {
  return value === null || (typeof value === "string" && value.length <= 1024);
}

function record(value: Json, fields: string): { [key: string]: Json } {
  if (!isJsonObject(value) || Object.keys(value).join() !== fields)
    return bad(`expected exactly ${fields}, in this order`);
  return value;
}

function bad(what: string): never {
  return refuse("STATEMENT_REFUSED", what);
}
