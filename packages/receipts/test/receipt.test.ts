import {
  type DisclosureName,
  disclosureDigest,
  disclosureNames,
  encodeDisclosure,
  formatReceipt,
  type IssuedReceipt,
  type IssueEncoder,
  issueReceipt,
  type Json,
  logChain,
  maxDisclosure,
  maxLeaf,
  parseReceipt,
  parseReceiptEvent,
  type ReceiptEvent,
  type ReceiptPlace,
  receiptTypes,
} from "@companyos/receipts";
import { nodeCrypto, nodeEncoder } from "@companyos/receipts/node";
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { ed25519Key } from "./keys.ts";
import { event, handle, origin, started } from "./log.ts";

const key = ed25519Key();
const place = (changes: Partial<ReceiptPlace> = {}): ReceiptPlace => ({
  iss: origin,
  iat: started,
  idx: 7,
  sub: handle(),
  seq: 3,
  prev: 5,
  src: "journal",
  n: 9,
  logHead: { seq: 1, idx: 1 },
  ...changes,
});
const issue = (what: ReceiptEvent, where: Partial<ReceiptPlace> = {}): Promise<IssuedReceipt> =>
  issueReceipt({ event: what, place: place(where), kid: "k", ...key, random: nodeCrypto.randomBytes });
const whole = ({ leaf, disclosures }: IssuedReceipt) => parseReceipt(formatReceipt(leaf, disclosures));

describe("RFC 9901's examples", () => {
  test("of a digest", () => {
    const digest = disclosureDigest("WyI2cU1RdlJMNWhhaiIsICJmYW1pbHlfbmFtZSIsICJNw7ZiaXVzIl0");
    expect(digest).toBe("uutlBuYeMDyjLLTpf6Jxi7yNkEF35jdyWMn9U7b_RYY");
  });

  test.each([
    ["2GLC42sKQveCfGfryNRN9w", "given_name", "John", "jsu9yVulwQQlhFlM_3JlzMaSFzglhQG0DpfayQwLUK4"],
    ["eluV5Og3gSNII8EYnsxA_A", "family_name", "Doe", "TGf4oLbgwd5JQaHyKVQZU9UdGE0w5rtDsrZzfUaomLo"],
  ])("of the disclosure %s", (salt, name, value, digest) => {
    // The examples put a space after each comma; the digest is over whatever the issuer wrote.
    const text = Buffer.from(`["${salt}", "${name}", "${value}"]`).toString("base64url");
    expect(disclosureDigest(text)).toBe(digest);
    expect(disclosureDigest(text, nodeCrypto.sha256)).toBe(digest);
  });
});

test("the fast encoder writes what the portable one writes", async () => {
  const bytes = (length: number) => new Uint8Array(length).fill(7);
  const where = place();
  const issueBy = (what: ReceiptEvent, encoder?: IssueEncoder) =>
    issueReceipt({
      event: what,
      place: where,
      kid: "k",
      ...key,
      random: bytes,
      ...(encoder ? { encoder } : {}),
    });
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: "binary", maxLength: 200 }),
      fc.jsonValue({ maxDepth: 2, stringUnit: "binary" }),
      fc.string({ maxLength: 20_000 }),
      async (name, labels, message) => {
        const what = event({ disclosable: { name, labels: labels as Json, message } });
        const lone = event({ disclosable: { name: "\ud800x", message: "\udc00" } });
        expect(await issueBy(what, nodeEncoder)).toEqual(await issueBy(what));
        expect(await issueBy(lone, nodeEncoder)).toEqual(await issueBy(lone));
      },
    ),
    { numRuns: runs(30) },
  );
});

describe("a receipt", () => {
  test("of every type discloses exactly its names, null when absent", async () => {
    for (const type of receiptTypes) {
      const receipt = await issue(event({ type, disclosable: {} }));
      const { claims, disclosed } = whole(receipt);
      expect([...disclosed.keys()]).toEqual(disclosureNames[type]);
      expect(claims._sd).toHaveLength(disclosureNames[type].length);
      expect(new Set(disclosureNames[type]).size).toBe(disclosureNames[type].length);
      expect(disclosed.get("message") ?? null).toBeNull();
    }
  });

  test("holds nothing personal in its leaf", async () => {
    const disclosable = {
      namespace: "secret-ns",
      name: "secret-pod",
      user: "secret-jane",
      message: "secret",
    };
    const { leaf } = await issue(
      event({ disclosable, kind: "SecretCustomKind", tenant: { name: "secret", uid: "secret" } }),
    );
    expect(Buffer.from(leaf.split(".")[1]!, "base64url").toString()).not.toMatch(/secret/i);
    expect(leaf).not.toContain("~");
  });

  test("has the same size whatever it does not disclose", async () => {
    const [one, two] = [await issue(event({ disclosable: {} })), await issue(event())];
    expect(one.leaf.length).toBe(two.leaf.length);
  });

  test("never has the same salts, so the same content never has the same digests", async () => {
    const [one, two] = [await issue(event()), await issue(event())];
    expect(new Set([...whole(one).claims._sd, ...whole(two).claims._sd]).size).toBe(36);
  });

  test("of any event is parsed back, and shows any subset of its disclosures", async () => {
    const values = fc.record(
      { name: fc.string({ unit: "binary" }), message: fc.jsonValue(), details: fc.jsonValue() },
      { requiredKeys: [] },
    ) as fc.Arbitrary<ReceiptEvent["disclosable"]>;
    await fc.assert(
      fc.asyncProperty(
        values,
        fc.array(fc.boolean(), { minLength: 18, maxLength: 18 }),
        async (disclosable, mask) => {
          const { leaf, disclosures } = await issue(event({ disclosable }));
          const { disclosed } = parseReceipt(
            formatReceipt(
              leaf,
              disclosures.filter((_, i) => mask[i]),
            ),
          );
          const names = disclosureNames["admission.blocked"].filter((_, i) => mask[i]);
          expect([...disclosed.keys()]).toEqual(names);
          for (const name of ["name", "message", "details"] as DisclosureName[]) {
            if (!disclosed.has(name)) continue;
            expect(JSON.stringify(disclosed.get(name))).toBe(JSON.stringify(disclosable[name] ?? null));
          }
        },
      ),
      { numRuns: runs(60) },
    );
  });

  test("cuts and marks what is too long for a disclosure", async () => {
    const long = "é".repeat(100_000);
    const { disclosures, ...rest } = await issue(
      event({ disclosable: { message: long, details: { long } } }),
    );
    for (const text of disclosures) expect(text.length).toBeLessThanOrEqual(maxDisclosure);
    const { disclosed } = whole({ disclosures, ...rest });
    expect(disclosed.get("message")).toMatchObject({ cut: true, length: 100_000 });
    expect(disclosed.get("details")).toMatchObject({ cut: true, length: 100_011 });
    expect((disclosed.get("message") as { head: string }).head).toMatch(/^é{4000,}$/);
  });

  test("of an oversized or odd event is logged all the same, with what decides kept", async () => {
    const many = Array.from({ length: 500 }, (_, i) => `region-${String(i).padStart(50, "0")}`);
    const odd = event({
      requested: [...many, "us-east-1", "Not a region"],
      allowed: [...many.slice(0, 499), "eu-west-1"],
      reason: "free text, not a code",
      kind: "Whatever",
      plan: "not a digest",
      at: Number.NaN,
    });
    const { leaf } = await issue(odd, { sub: handle() });
    expect(leaf.length).toBeLessThanOrEqual(maxLeaf);
    const { claims } = parseReceipt(`${leaf}~`);
    expect(claims).toMatchObject({ reason: "other", kind: "other", plan: null, at: 0 });
    expect(claims.requested).toEqual(expect.arrayContaining([many[499], "unknown", "us-east-1"]));
    expect(claims.requested).toHaveLength(32);
  });

  test("of an opened tenant discloses its uid; a seal the head of the log's own chain", async () => {
    const tenant = whole(
      await issue(event({ type: "tenant.opened", disclosable: {} }), { seq: 0, prev: -1 }),
    );
    expect(tenant.disclosed.get("uid")).toBe("6f1e");
    const details = { audience: "auditor", nonce: null, inventory: null };
    const seal = whole(await issue(event({ type: "evidence.sealed", disclosable: { details } })));
    expect(seal.disclosed.get("details")).toEqual({ ...details, log: { seq: 1, idx: 1 } });
  });

  test.each([
    ["milliseconds as iat", { iat: started * 1000 }],
    ["a genesis with a predecessor", { seq: 0 }],
    ["a predecessor behind it", { prev: 7 }],
    ["a name in place of a handle", { sub: "acme" }],
    ["a journal with spaces", { src: "my journal" }],
  ])("is not issued for %s", async (_what, where) => {
    await expect(issue(event(), where)).rejects.toMatchObject({ code: "BAD_PLACE" });
  });

  test("is not issued for what its type does not have", async () => {
    const wrong = event({ type: "key.endorsed", disclosable: { images: [] } });
    await expect(issue(wrong, { sub: logChain })).rejects.toMatchObject({ code: "BAD_EVENT" });
  });
});

describe("an event from elsewhere", () => {
  const sent = (): Record<string, unknown> => JSON.parse(JSON.stringify(event()));

  test("is taken as it is when it is well formed", () => {
    expect(parseReceiptEvent(sent())).toEqual(event());
    const { tenant: _, ...rest } = sent();
    expect(parseReceiptEvent(rest)).toEqual(rest);
  });

  test.each([
    ["no object", () => []],
    ["a further field", () => ({ ...sent(), extra: 1 })],
    ["an unknown type", () => ({ ...sent(), type: "x" })],
    ["a bad id", () => ({ ...sent(), rid: "1" })],
    ["a bad time", () => ({ ...sent(), at: -1 })],
    ["no cluster", () => ({ ...sent(), cluster: "" })],
    ["a bad region", () => ({ ...sent(), region: "../x" })],
    ["a tenant without uid", () => ({ ...sent(), tenant: { name: "acme" } })],
    ["a bad decision", () => ({ ...sent(), decision: "maybe" })],
    ["a reason of free text", () => ({ ...sent(), reason: "because I say so" })],
    ["a bad operation", () => ({ ...sent(), op: "PATCH" })],
    ["a kind that is no string", () => ({ ...sent(), kind: 1 })],
    ["regions that are no list", () => ({ ...sent(), requested: "us" })],
    ["a digest of another kind", () => ({ ...sent(), plan: "md5:00" })],
    ["a count of nothing", () => ({ ...sent(), count: 0 })],
    ["no disclosable", () => ({ ...sent(), disclosable: null })],
    ["a claim its type does not have", () => ({ ...sent(), disclosable: { iss: "x" } })],
    [
      "a value nested without end",
      () => ({ ...sent(), disclosable: { details: JSON.parse("[".repeat(99) + "]".repeat(99)) } }),
    ],
  ])("is refused with %s", (_what, make) => {
    expect(() => parseReceiptEvent(make())).toThrow(expect.objectContaining({ code: "BAD_EVENT" }));
  });
});

test("an encoded disclosure is canonical", () => {
  const text = encodeDisclosure("AAAAAAAAAAAAAAAAAAAAAA", "message", { b: 1, a: "ü" });
  expect(Buffer.from(text, "base64url").toString()).toBe(
    '["AAAAAAAAAAAAAAAAAAAAAA","message",{"b":1,"a":"ü"}]',
  );
});
