import { type BundleSource, encodeBase64, formatInstant } from "@companyos/receipts";
import { ed25519Key } from "../keys.ts";
import { started } from "../log.ts";
import { changedText, provedFrom, type RefusalCase, story, withOptions } from "./case.ts";

const stating =
  (changes: Partial<BundleSource["statement"]>) =>
  (source: BundleSource): BundleSource => ({ ...source, statement: { ...source.statement, ...changes } });

const at = (from: number, to: number) => ({
  from: formatInstant(started + from),
  to: formatInstant(started + to),
});

/** Changes the envelope's text without a key. */
const envelope = (code: RefusalCase["code"], what: string, change: (json: string) => string): RefusalCase =>
  changedText(code, what, (text) =>
    text.replace(/\ns (.*)\n$/, (_, json: string) => `\ns ${change(json)}\n`),
  );

const payload = (change: (text: string) => string) => (json: string) => {
  const parsed = JSON.parse(json) as { payload: string };
  const content = change(Buffer.from(parsed.payload, "base64").toString());
  return JSON.stringify({ ...parsed, payload: encodeBase64(Buffer.from(content)) });
};

const attachment = (name: string): string => `a ${name} AAAA\n`;
const attached = (what: string, lines: string): RefusalCase =>
  changedText("ATTACHMENT_REFUSED", what, (text) => text.replace("\nc ", `\n${lines}c `));

/** The statement with another content, signed again by its key. */
const restated = (
  code: RefusalCase["code"],
  what: string,
  change: (text: string) => string,
): RefusalCase => ({
  code,
  what,
  async make() {
    const { log, text } = await story();
    const input = text.replace(/\ns (.*)\n$/, (_, json: string) => {
      const envelope = JSON.parse(json) as { payload: string; payloadType: string };
      const { payloadType } = envelope;
      const content = change(Buffer.from(envelope.payload, "base64").toString());
      const signed = `DSSEv1 ${payloadType.length} ${payloadType} ${content.length} ${content}`;
      const sig = encodeBase64(log.keyOf("statement-0").sign(Buffer.from(signed)));
      const signatures = [{ keyid: "statement-0", sig }];
      return `\ns ${JSON.stringify({ payload: encodeBase64(Buffer.from(content)), payloadType, signatures })}\n`;
    });
    return { log, input };
  },
});

export const statementCases: RefusalCase[] = [
  restated("NEEDS_NEWER_VERIFIER", "a statement with a field of a later version", (text) =>
    text.replace(/\]\}\}$/, '],"zone":1}}'),
  ),
  attached("a path as a name", attachment("../etc/passwd")),
  attached("two dots in a name", attachment("a..b")),
  attached("an absolute path", attachment("/etc/passwd")),
  attached("a name in capitals", attachment("Report.pdf")),
  attached("a name twice", attachment("a") + attachment("a")),
  attached("names that are not sorted", attachment("b") + attachment("a")),
  provedFrom("ATTACHMENT_MISMATCH", "another inventory than the sealed one", (source) => ({
    ...source,
    attachments: [{ name: "inventory.json", bytes: Uint8Array.of(1) }],
  })),
  changedText("STATEMENT_DIGEST", "an attachment added later", (text) =>
    text.replace("\nc ", `\n${attachment("a")}c `),
  ),
  changedText("STATEMENT_DIGEST", "a disclosure taken away", (text) => text.replace(/~[\w-]+~\nh /, "~\nh ")),
  envelope("STATEMENT_REFUSED", "two signatures", (json) =>
    json.replace(/("signatures":\[)(.*)\]/, "$1$2,$2]"),
  ),
  envelope("STATEMENT_REFUSED", "no signature", (json) =>
    json.replace(/"signatures":\[.*\]/, '"signatures":[]'),
  ),
  envelope("STATEMENT_REFUSED", "another type of payload", (json) =>
    json.replace("vnd.in-toto", "vnd.other"),
  ),
  envelope("STATEMENT_REFUSED", "a field more", (json) => json.replace(/}$/, ',"more":1}')),
  envelope(
    "STATEMENT_REFUSED",
    "another predicate",
    payload((text) => text.replace("evidence/v1", "evidence/v2")),
  ),
  envelope(
    "STATEMENT_REFUSED",
    "two subjects",
    payload((text) => text.replace(/("subject":\[)(.*?\}\})\]/, "$1$2,$2]")),
  ),
  envelope("JSON_NOT_CANONICAL", "white space in the envelope", (json) => json.replace(",", ", ")),
  envelope(
    "JSON_DUPLICATE_KEY",
    "a key twice in the statement",
    payload((text) => text.replace('"size":', '"size":1,"size":')),
  ),
  envelope("BASE64_NOT_CANONICAL", "a payload without padding", (json) =>
    json.replace(/=*","payloadType/, 'A","payloadType'),
  ),
  envelope(
    "STATEMENT_SIGNATURE",
    "another tenant stated",
    payload((text) => text.replace('"acme"', '"acne"')),
  ),
  envelope("KEY_UNKNOWN", "an unknown statement key", (json) => json.replace("statement-0", "statement-1")),
  envelope("KEY_USAGE", "a statement by the receipt key", (json) => json.replace("statement-0", "receipt-0")),
  envelope(
    "STATEMENT_SIGNATURE",
    "a statement of a later version that nobody signed",
    payload((text) => text.replace(/\]\}\}$/, '],"zone":1}}')),
  ),
  envelope(
    "STATEMENT_REFUSED",
    "a field of the statement under a name that no version will have",
    payload((text) => text.replace(/\]\}\}$/, '],"Zone":1}}')),
  ),
  provedFrom("STATEMENT_SIGNATURE", "a statement signed by a stranger", (source) => ({
    ...source,
    signer: { kid: "statement-0", sign: ed25519Key().sign },
  })),
  provedFrom("STATEMENT_MISMATCH", "another tenant stated and signed", stating({ tenant: "globex" })),
  provedFrom("STATEMENT_MISMATCH", "an audience that was not sealed", stating({ audience: "auditor" })),
  provedFrom("STATEMENT_MISMATCH", "a nonce that was not sealed", stating({ nonce: "1" })),
  provedFrom("DISCLOSURE_UNDECLARED", "more disclosed than declared", stating({ disclosed: ["message"] }), {
    disclose: ["message", "user"],
  }),
  provedFrom("PERIOD_REFUSED", "a period that ends after its seal", stating({ period: at(0, 14) })),
  provedFrom("PERIOD_REFUSED", "a period that ends before it begins", stating({ period: at(5, 4) })),
  withOptions("OTHER_TENANT", "a bundle about another tenant", () => ({ tenant: "globex" })),
  withOptions("OTHER_AUDIENCE", "a bundle for another audience", () => ({ audience: "auditor" })),
  withOptions("OTHER_NONCE", "a bundle for another request", () => ({ nonce: "1" })),
];
