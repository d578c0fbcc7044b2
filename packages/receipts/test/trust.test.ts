import {
  canonicalTrust,
  decodeBase64,
  decodeBase64url,
  encodeBase64,
  encodeBase64url,
  formatInstant,
  formatVerifierKey,
  parseInstant,
  parseTime,
  parseTrust,
  type RefusalCode,
  type Trust,
  trustFingerprint,
} from "@companyos/receipts";
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { duplicateKey, parseCanonicalJson } from "../src/canonical.ts";
import { parseDecimal } from "../src/encoding.ts";
import { ed25519Key } from "./keys.ts";
import { origin, TestLog } from "./log.ts";

// biome-ignore lint/suspicious/noExplicitAny: files are broken on purpose, at any depth
type Broken = any;
const refused = (code: RefusalCode) => expect.objectContaining({ code });
const log = new TestLog();
const other = new TestLog("other.example");
const trust = (): Trust => ({
  ...log.trust(),
  logs: [...log.trust().logs, ...other.trust().logs],
  minimum: [{ origin, size: 5, root: encodeBase64(new Uint8Array(32)) }],
});
const changed = (change: (file: Broken) => void): string => {
  const file = JSON.parse(canonicalTrust(trust()));
  change(file);
  return JSON.stringify(file);
};

describe("trust.json", () => {
  test("is read back, and its fingerprint does not depend on layout or order", () => {
    const read = parseTrust(JSON.stringify(trust(), null, 2));
    expect(read).toEqual(trust());
    const shuffled = Object.fromEntries(Object.entries(trust()).toReversed());
    expect(trustFingerprint(parseTrust(JSON.stringify(shuffled)))).toBe(trustFingerprint(read));
    expect(trustFingerprint({ ...read, version: 2 })).not.toBe(trustFingerprint(read));
  });

  test.each<[string, (file: Broken) => void]>([
    ["a version of 0", (file) => (file.version = 0)],
    ["no expiry", (file) => delete file.expires],
    ["an expiry that is no time", (file) => (file.expires = "2026-02-30T00:00:00Z")],
    ["a further field", (file) => (file.extra = 1)],
    ["a further field in a log", (file) => (file.logs[0].url = "https://example.com")],
    ["a predecessor that is no digest", (file) => (file.previous = "x")],
    ["no logs", (file) => (file.logs = [])],
    ["an origin twice", (file) => (file.logs[1] = file.logs[0])],
    ["a key under another name than its origin", (file) => (file.logs[0].vkey = file.logs[1].vkey)],
    [
      "the same key under two origins",
      (file) => (file.logs[1].vkey = formatVerifierKey("other.example", log.logKey.publicKey)),
    ],
    [
      "a witness's key for a log",
      (file) => (file.logs[0].vkey = formatVerifierKey(origin, log.logKey.publicKey, "witness")),
    ],
    ["a bad region", (file) => (file.logs[0].region = "EU West")],
    ["no root key", (file) => (file.logs[0].roots = [])],
    ["a root key id twice", (file) => file.logs[0].roots.push(file.logs[1].roots[0])],
    ["a root key of another curve", (file) => (file.logs[0].roots[0].crv = "P-384")],
    ["a quorum that cannot be met", (file) => (file.quorum = { threshold: 1, witnesses: [] })],
    ["a log's key as a witness", (file) => (file.quorum = { threshold: 1, witnesses: [file.logs[0].vkey] })],
    ["a minimum root of 31 bytes", (file) => (file.minimum[0].root = encodeBase64(new Uint8Array(31)))],
    ["a minimum twice", (file) => file.minimum.push(file.minimum[0])],
  ])("is refused with %s", (_what, change) => {
    expect(() => parseTrust(changed(change))).toThrow(refused("TRUST_REFUSED"));
  });

  test("is refused with weak keys, duplicate keys, or when it is no JSON", () => {
    const weak = changed((file: Broken) => {
      file.logs[0].roots[0].x = encodeBase64url(new Uint8Array(32));
    });
    expect(() => parseTrust(weak)).toThrow(refused("KEY_REFUSED"));
    const twice = canonicalTrust(trust()).replace('"version":1', '"version":1,"version":2');
    expect(() => parseTrust(twice)).toThrow(refused("JSON_DUPLICATE_KEY"));
    expect(() => parseTrust("{")).toThrow(refused("JSON_NOT_CANONICAL"));
    expect(() => parseTrust("[]")).toThrow(refused("TRUST_REFUSED"));
    expect(() => parseTrust(" ".repeat(2 ** 20 + 1))).toThrow(refused("TOO_LONG"));
  });
});

describe("encodings have one spelling", () => {
  test("of bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(encodeBase64url(bytes)).toBe(Buffer.from(bytes).toString("base64url"));
        expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString("base64"));
        expect(decodeBase64url(encodeBase64url(bytes))).toEqual(bytes);
        expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      }),
    );
    const texts = fc.string({ unit: fc.constantFrom(..."AQgw_-+/=09 \n"), maxLength: 9 });
    fc.assert(
      fc.property(texts, (text) => {
        const [url, std] = [decodeBase64url(text), decodeBase64(text)];
        if (url !== undefined) expect(encodeBase64url(url)).toBe(text);
        if (std !== undefined) expect(encodeBase64(std)).toBe(text);
      }),
      { numRuns: runs(3000) },
    );
  });

  test("of numbers and times", () => {
    expect(parseDecimal("9007199254740991")).toBe(Number.MAX_SAFE_INTEGER);
    for (const text of ["", "01", "+1", "-0", "1.0", "1e3", " 1", "9007199254740992", "0x1"]) {
      expect(parseDecimal(text)).toBeUndefined();
    }
    expect(formatInstant(parseInstant("2026-11-23T17:35:54Z")!)).toBe("2026-11-23T17:35:54Z");
    for (const text of [
      "2026-11-23",
      "2026-11-23T17:35:54.000Z",
      "2026-11-23T24:00:00Z",
      "2026-13-01T00:00:00Z",
    ]) {
      expect(parseInstant(text)).toBeUndefined();
    }
    expect(parseTime("1970-01-01T00:00:59.9z")).toBe(59);
    expect(parseTime("2026-11-23T17:35:54.123456789+05:30")).toBe(parseInstant("2026-11-23T12:05:54Z"));
    expect(parseTime("2024-02-29T23:00:00-02:00")).toBe(parseInstant("2024-03-01T01:00:00Z"));
    for (const text of [
      "2026-02-31T00:00:00Z",
      "2026-02-29T00:00:00+01:00",
      "2026-11-23T17:35:54",
      "2026-11-23T17:35:54+24:00",
      "1970-01-01T00:00:00+00:01",
      "2026-11-23T25:00:00Z",
    ]) {
      expect(parseTime(text)).toBeUndefined();
    }
  });

  test("of JSON", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const canonical = JSON.stringify(JSON.parse(text));
        expect(JSON.stringify(parseCanonicalJson(canonical, "it"))).toBe(canonical);
        if (text !== canonical) expect(() => parseCanonicalJson(text, "it")).toThrow();
      }),
    );
    expect(duplicateKey('{"a":{"b":1},"b":[{"a":1},"a","a"],"c":"{\\"a\\":1,\\"a\\":2}"}')).toBeUndefined();
    expect(duplicateKey('{"x":[{"a":1,"\\u0061" : 2}]}')).toBe("a");
    expect(() => parseCanonicalJson(`${"[".repeat(200_000)}${"]".repeat(200_000)}`, "it")).toThrow(
      refused("JSON_NOT_CANONICAL"),
    );
  });
});

test("a key's name has no plus and no space", () => {
  for (const name of ["", "a b", "a+b", "ä"]) {
    expect(() => formatVerifierKey(name, ed25519Key().publicKey)).toThrow(TypeError);
  }
});
