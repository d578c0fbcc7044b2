import { createHmac } from "node:crypto";
import { disclosureDigest, encodeBase64url, encodeDisclosure, type Json } from "@companyos/receipts";
import { event, origin, resign, type TestLog } from "../log.ts";
import { changedText, logged, type RefusalCase } from "./case.ts";

type Claims = Record<string, unknown>;

/** A receipt whose claims its key signed after a change. */
const signed = (code: RefusalCase["code"], what: string, change: (claims: Claims) => Claims): RefusalCase =>
  logged(code, what, async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(log.receipts.length - 1, resign(log, leaf, change));
  });

/** A receipt whose header is another; signed all the same. */
const headed = (code: RefusalCase["code"], what: string, header: object): RefusalCase =>
  logged(code, what, async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(
      log.receipts.length - 1,
      resign(log, leaf, (claims) => claims, header),
    );
  });

/** Signs the digest of a forged disclosure in the place of a real one, and shows it. */
const disclosing = (code: RefusalCase["code"], what: string, forged: string): RefusalCase =>
  logged(code, what, async (log, sub) => {
    const { leaf, disclosures } = await log.add(sub, event());
    const index = log.receipts.length - 1;
    const digests = disclosures.slice(0, -1).map((text) => disclosureDigest(text));
    const _sd = [...digests, disclosureDigest(forged)].sort();
    log.replace(
      index,
      resign(log, leaf, (claims) => ({ ...claims, _sd })),
    );
    show(log, index, [forged]);
  });

/** Makes `TestLog.show` show exactly these. */
function show(log: TestLog, index: number, texts: readonly string[]): void {
  const receipt = log.receipts[index]!;
  const showAsIs = log.show.bind(log);
  log.show = (other, disclose) =>
    other === receipt ? `${[other.leaf, ...texts].join("~")}~` : showAsIs(other, disclose);
}

const digests = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => encodeBase64url(new Uint8Array(32).fill(i))).sort();

const salt = encodeBase64url(new Uint8Array(16));
const encoded = (value: Json): string => encodeBase64url(Buffer.from(JSON.stringify(value)));
const header = { alg: "Ed25519", kid: "receipt-0", typ: "receipt+sd-jwt" };

/** Changes the payload of the receipt of index 9 (a block) without a key. */
const unsigned = (what: string, change: (payload: string) => string): RefusalCase =>
  changedText("RECEIPT_SIGNATURE", what, (text) => {
    const line = text.split("\n").filter((each) => each.startsWith("r "))[3]!;
    const [head, body, ...rest] = line.split(".") as [string, string, string];
    const payload = change(Buffer.from(body, "base64url").toString());
    return text.replace(line, [head, encodeBase64url(Buffer.from(payload)), ...rest].join("."));
  });

export const receiptCases: RefusalCase[] = [
  unsigned("a changed decision", (text) => text.replace('"decision":"block"', '"decision":"allow"')),
  unsigned("a changed region", (text) =>
    text.replace('"requested":["us-east-1"]', '"requested":["us-east-2"]'),
  ),
  unsigned("a changed time", (text) => text.replace(/"at":\d/, '"at":2')),
  unsigned("a changed counter", (text) => text.replace('"count":1', '"count":2')),
  headed("ALG_REFUSED", "alg none", { ...header, alg: "none" }),
  headed("ALG_REFUSED", "the deprecated name EdDSA", { ...header, alg: "EdDSA" }),
  logged("ALG_REFUSED", "alg none without a signature", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(log.receipts.length - 1, `${encoded({ ...header, alg: "none" })}.${leaf.split(".")[1]}.`);
  }),
  logged("ALG_REFUSED", "HS256 with the public key", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    const input = `${encoded({ ...header, alg: "HS256" })}.${leaf.split(".")[1]}`;
    const mac = createHmac("sha256", log.keyOf("receipt-0").publicKey).update(input).digest("base64url");
    log.replace(log.receipts.length - 1, `${input}.${mac}`);
  }),
  headed("HEADER_REFUSED", "a key in the header", { ...header, jwk: { kty: "OKP" } }),
  headed("HEADER_REFUSED", "a certificate in the header", { ...header, x5c: [] }),
  headed("HEADER_REFUSED", "a key's address in the header", { ...header, jku: "https://example.com" }),
  headed("HEADER_REFUSED", "critical extensions", { ...header, crit: ["b64"], b64: false }),
  headed("HEADER_REFUSED", "another type", { ...header, typ: "JWT" }),
  headed("HEADER_REFUSED", "another order", { typ: "receipt+sd-jwt", alg: "Ed25519", kid: "receipt-0" }),
  headed("HEADER_REFUSED", "no key id", { alg: "Ed25519", typ: "receipt+sd-jwt" }),
  changedText("RECEIPT_REFUSED", "a receipt without its last tilde", (text) => text.replace("~\n", "\n")),
  changedText("RECEIPT_REFUSED", "a JWT of two parts", (text) =>
    text.replace(/\nr ([^.]+)\.([^.]+)\./, "\nr $1.$2"),
  ),
  signed("CLAIMS_REFUSED", "a further claim of an odd name", (claims) => ({ ...claims, "Exp-1": 1 })),
  signed("CLAIMS_REFUSED", "a further claim that begins like the digests", (claims) => ({
    ...claims,
    _sd_hash: "x",
  })),
  signed("CLAIMS_REFUSED", "a claim too few", ({ reason: _, ...claims }) => claims),
  signed("CLAIMS_REFUSED", "claims in another order", ({ iss, ...claims }) => ({ ...claims, iss })),
  signed("CLAIMS_REFUSED", "a type that no version will have", (claims) => ({ ...claims, type: "Approved" })),
  signed("CLAIMS_REFUSED", "a kind that no version will have", (claims) => ({ ...claims, kind: "a secret" })),
  signed("CLAIMS_REFUSED", "a kind that every object has by inheritance", (claims) => ({
    ...claims,
    type: "toString",
  })),
  signed("CLAIMS_REFUSED", "regions that are not sorted", (claims) => ({
    ...claims,
    requested: ["us", "eu"],
  })),
  signed("CLAIMS_REFUSED", "free text as a reason", (claims) => ({ ...claims, reason: "Jane Doe did it" })),
  signed("CLAIMS_REFUSED", "a negative counter", (claims) => ({ ...claims, n: -1 })),
  signed("CLAIMS_REFUSED", "a fraction as index", (claims) => ({ ...claims, idx: 4.5 })),
  signed("SD_ALG_REFUSED", "a weaker digest", (claims) => ({ ...claims, _sd_alg: "sha-1" })),
  // One fewer is what an admission had before `caller`.
  signed("DIGEST_COUNT", "a digest too few", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).slice(2),
  })),
  signed("DIGEST_COUNT", "more digests than any version has", (claims) => ({ ...claims, _sd: digests(65) })),
  signed("DIGEST_COUNT", "a later type without digests", (claims) => ({
    ...claims,
    type: "admission.approved",
    _sd: [],
  })),
  ...[
    ["a further claim", (claims: Claims) => ({ ...claims, exp: 1 })],
    ["a further claim between those known", ({ iss, ...claims }: Claims) => ({ iss, zone: "a", ...claims })],
    ["an unknown type", (claims: Claims) => ({ ...claims, type: "admission.approved" })],
    ["an unknown type of more digests", (claims: Claims) => ({ ...claims, type: "a.b_c", _sd: digests(30) })],
    ["an unknown kind of key receipt", (claims: Claims) => ({ ...claims, type: "key.revoked" })],
    ["an unknown kind", (claims: Claims) => ({ ...claims, kind: "Secretive" })],
    ["an unknown decision", (claims: Claims) => ({ ...claims, decision: "defer" })],
    ["an unknown operation", (claims: Claims) => ({ ...claims, op: "PATCH" })],
    ["a digest more than the type has today", (claims: Claims) => ({ ...claims, _sd: digests(19) })],
  ].map(([what, change]) =>
    signed("NEEDS_NEWER_VERIFIER", `${what}, for now`, change as (claims: Claims) => Claims),
  ),
  unsigned("a type of a later version that no key signed", (text) =>
    text.replace('"type":"admission.blocked"', '"type":"admission.approved"'),
  ),
  logged("KEY_UNKNOWN", "a type of a later version under a key that nobody endorsed", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(
      log.receipts.length - 1,
      resign(log, leaf, (claims) => ({ ...claims, type: "a.b" }), { ...header, kid: "receipt-9" }),
    );
  }),
  logged("INDEX_MISMATCH", "a type of a later version at another place", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(
      log.receipts.length - 1,
      resign(log, leaf, (claims) => ({ ...claims, type: "a.b", idx: 99 })),
    );
  }),
  signed("DIGEST_COUNT", "a digest of another length", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).with(0, "AAAA"),
  })),
  signed("DIGEST_DUPLICATE", "a digest twice", (claims) => {
    const digests = claims._sd as string[];
    return { ...claims, _sd: digests.with(0, digests[1]!) };
  }),
  signed("DIGEST_DUPLICATE", "digests that are not sorted", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).toReversed(),
  })),
  signed("OTHER_LOG", "a receipt of another log", (claims) => ({ ...claims, iss: `${origin}-2` })),
  changedText("DISCLOSURE_UNREFERENCED", "an altered disclosure", (text) => {
    const shown = text.match(/~([\w-]+)~\n/)!;
    const [oldSalt, name] = JSON.parse(Buffer.from(shown[1]!, "base64url").toString());
    return text.replace(shown[1]!, encodeDisclosure(oldSalt, name, "globex"));
  }),
  changedText("DISCLOSURE_UNREFERENCED", "an invented disclosure", (text) =>
    text.replace("~\n", `~${encodeDisclosure(salt, "message", "all is well")}~\n`),
  ),
  changedText("DISCLOSURE_UNREFERENCED", "a disclosure of another receipt", (text) => {
    const [, one] = text.match(/~([\w-]+)~\nr /)!;
    return text.replace(/~\ns? ?c /, `~${one}~\nc `).replace(/~([\w-]+)~\nh/, `~$1~${one}~\nh`);
  }),
  changedText("DISCLOSURE_DUPLICATE", "a disclosure twice", (text) =>
    text.replace(/~([\w-]+)~\n/, "~$1~$1~\n"),
  ),
  changedText("DISCLOSURE_DUPLICATE", "disclosures in another order", (text) =>
    text.replace(/~([\w-]+)~([\w-]+)~\n/, "~$2~$1~\n"),
  ),
  disclosing(
    "DISCLOSURE_NAME",
    "a disclosure that overrides a clear claim",
    encodeDisclosure(salt, "decision", "allow"),
  ),
  disclosing("DISCLOSURE_NAME", "a disclosure named _sd", encodeDisclosure(salt, "_sd", [])),
  disclosing("DISCLOSURE_NAME", "a disclosure named ...", encodeDisclosure(salt, "...", "x")),
  disclosing("DISCLOSURE_NAME", "a disclosure named __proto__", encodeDisclosure(salt, "__proto__", {})),
  disclosing("DISCLOSURE_NAME", "a claim that the type does not have", encodeDisclosure(salt, "amount", 5)),
  disclosing("DISCLOSURE_REFUSED", "a disclosure of two elements", encoded([salt, "message"])),
  disclosing("DISCLOSURE_REFUSED", "a disclosure that is no array", encoded({ salt })),
  disclosing("DISCLOSURE_REFUSED", "a short salt", encoded(["AAAA", "message", "x"])),
  disclosing("DISCLOSURE_REFUSED", "a name that is no string", encoded([salt, 5, "x"])),
  disclosing(
    "JSON_NOT_CANONICAL",
    "a disclosure with white space",
    encodeBase64url(Buffer.from(`["${salt}", "message", "x"]`)),
  ),
  disclosing(
    "JSON_NOT_CANONICAL",
    "a disclosure that is not UTF-8",
    encodeBase64url(Uint8Array.of(0x22, 0xff, 0x22)),
  ),
  disclosing(
    "JSON_DUPLICATE_KEY",
    "a value with a key twice",
    encodeBase64url(Buffer.from(`["${salt}","details",{"a":1,"a":2}]`)),
  ),
];
