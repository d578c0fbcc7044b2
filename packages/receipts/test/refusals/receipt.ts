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
  changedText("receipt_signature", what, (text) => {
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
  headed("alg_refused", "alg none", { ...header, alg: "none" }),
  headed("alg_refused", "the deprecated name EdDSA", { ...header, alg: "EdDSA" }),
  logged("alg_refused", "alg none without a signature", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(log.receipts.length - 1, `${encoded({ ...header, alg: "none" })}.${leaf.split(".")[1]}.`);
  }),
  logged("alg_refused", "HS256 with the public key", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    const input = `${encoded({ ...header, alg: "HS256" })}.${leaf.split(".")[1]}`;
    const mac = createHmac("sha256", log.keyOf("receipt-0").publicKey).update(input).digest("base64url");
    log.replace(log.receipts.length - 1, `${input}.${mac}`);
  }),
  headed("header_refused", "a key in the header", { ...header, jwk: { kty: "OKP" } }),
  headed("header_refused", "a certificate in the header", { ...header, x5c: [] }),
  headed("header_refused", "a key's address in the header", { ...header, jku: "https://example.com" }),
  headed("header_refused", "critical extensions", { ...header, crit: ["b64"], b64: false }),
  headed("header_refused", "another type", { ...header, typ: "JWT" }),
  headed("header_refused", "another order", { typ: "receipt+sd-jwt", alg: "Ed25519", kid: "receipt-0" }),
  headed("header_refused", "no key id", { alg: "Ed25519", typ: "receipt+sd-jwt" }),
  changedText("receipt_refused", "a receipt without its last tilde", (text) => text.replace("~\n", "\n")),
  changedText("receipt_refused", "a JWT of two parts", (text) =>
    text.replace(/\nr ([^.]+)\.([^.]+)\./, "\nr $1.$2"),
  ),
  signed("claims_refused", "a further claim of an odd name", (claims) => ({ ...claims, "Exp-1": 1 })),
  signed("claims_refused", "a further claim that begins like the digests", (claims) => ({
    ...claims,
    _sd_hash: "x",
  })),
  signed("claims_refused", "a claim too few", ({ reason: _, ...claims }) => claims),
  signed("claims_refused", "claims in another order", ({ iss, ...claims }) => ({ ...claims, iss })),
  signed("claims_refused", "a type that no version will have", (claims) => ({ ...claims, type: "Approved" })),
  signed("claims_refused", "a kind that no version will have", (claims) => ({ ...claims, kind: "a secret" })),
  signed("claims_refused", "a kind that every object has by inheritance", (claims) => ({
    ...claims,
    type: "toString",
  })),
  signed("claims_refused", "regions that are not sorted", (claims) => ({
    ...claims,
    requested: ["us", "eu"],
  })),
  signed("claims_refused", "free text as a reason", (claims) => ({ ...claims, reason: "Jane Doe did it" })),
  signed("claims_refused", "a negative counter", (claims) => ({ ...claims, n: -1 })),
  signed("claims_refused", "a fraction as index", (claims) => ({ ...claims, idx: 4.5 })),
  signed("sd_alg_refused", "a weaker digest", (claims) => ({ ...claims, _sd_alg: "sha-1" })),
  // One fewer is what an admission had before `caller`.
  signed("digest_count", "a digest too few", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).slice(2),
  })),
  signed("digest_count", "more digests than any version has", (claims) => ({ ...claims, _sd: digests(65) })),
  signed("digest_count", "a later type without digests", (claims) => ({
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
    signed("needs_newer_verifier", `${what}, for now`, change as (claims: Claims) => Claims),
  ),
  unsigned("a type of a later version that no key signed", (text) =>
    text.replace('"type":"admission.blocked"', '"type":"admission.approved"'),
  ),
  logged("key_unknown", "a type of a later version under a key that nobody endorsed", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(
      log.receipts.length - 1,
      resign(log, leaf, (claims) => ({ ...claims, type: "a.b" }), { ...header, kid: "receipt-9" }),
    );
  }),
  logged("index_mismatch", "a type of a later version at another place", async (log, sub) => {
    const { leaf } = await log.add(sub, event());
    log.replace(
      log.receipts.length - 1,
      resign(log, leaf, (claims) => ({ ...claims, type: "a.b", idx: 99 })),
    );
  }),
  signed("digest_count", "a digest of another length", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).with(0, "AAAA"),
  })),
  signed("digest_duplicate", "a digest twice", (claims) => {
    const digests = claims._sd as string[];
    return { ...claims, _sd: digests.with(0, digests[1]!) };
  }),
  signed("digest_duplicate", "digests that are not sorted", (claims) => ({
    ...claims,
    _sd: (claims._sd as string[]).toReversed(),
  })),
  signed("other_log", "a receipt of another log", (claims) => ({ ...claims, iss: `${origin}-2` })),
  changedText("disclosure_unreferenced", "an altered disclosure", (text) => {
    const shown = text.match(/~([\w-]+)~\n/)!;
    const [oldSalt, name] = JSON.parse(Buffer.from(shown[1]!, "base64url").toString());
    return text.replace(shown[1]!, encodeDisclosure(oldSalt, name, "globex"));
  }),
  changedText("disclosure_unreferenced", "an invented disclosure", (text) =>
    text.replace("~\n", `~${encodeDisclosure(salt, "message", "all is well")}~\n`),
  ),
  changedText("disclosure_unreferenced", "a disclosure of another receipt", (text) => {
    const [, one] = text.match(/~([\w-]+)~\nr /)!;
    return text.replace(/~\ns? ?c /, `~${one}~\nc `).replace(/~([\w-]+)~\nh/, `~$1~${one}~\nh`);
  }),
  changedText("disclosure_duplicate", "a disclosure twice", (text) =>
    text.replace(/~([\w-]+)~\n/, "~$1~$1~\n"),
  ),
  changedText("disclosure_duplicate", "disclosures in another order", (text) =>
    text.replace(/~([\w-]+)~([\w-]+)~\n/, "~$2~$1~\n"),
  ),
  disclosing(
    "disclosure_name",
    "a disclosure that overrides a clear claim",
    encodeDisclosure(salt, "decision", "allow"),
  ),
  disclosing("disclosure_name", "a disclosure named _sd", encodeDisclosure(salt, "_sd", [])),
  disclosing("disclosure_name", "a disclosure named ...", encodeDisclosure(salt, "...", "x")),
  disclosing("disclosure_name", "a disclosure named __proto__", encodeDisclosure(salt, "__proto__", {})),
  disclosing("disclosure_name", "a claim that the type does not have", encodeDisclosure(salt, "amount", 5)),
  disclosing("disclosure_refused", "a disclosure of two elements", encoded([salt, "message"])),
  disclosing("disclosure_refused", "a disclosure that is no array", encoded({ salt })),
  disclosing("disclosure_refused", "a short salt", encoded(["AAAA", "message", "x"])),
  disclosing("disclosure_refused", "a name that is no string", encoded([salt, 5, "x"])),
  disclosing(
    "json_not_canonical",
    "a disclosure with white space",
    encodeBase64url(Buffer.from(`["${salt}", "message", "x"]`)),
  ),
  disclosing(
    "json_not_canonical",
    "a disclosure that is not UTF-8",
    encodeBase64url(Uint8Array.of(0x22, 0xff, 0x22)),
  ),
  disclosing(
    "json_duplicate_key",
    "a value with a key twice",
    encodeBase64url(Buffer.from(`["${salt}","details",{"a":1,"a":2}]`)),
  ),
];
