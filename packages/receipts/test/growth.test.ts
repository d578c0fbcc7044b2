import {
  disclosureNames,
  encodeBase64url,
  formatReceipt,
  issueReceipt,
  logChain,
  newHandle,
  parseHandover,
  parseReceipt,
  parseReceiptEvent,
  receiptTypes,
} from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { describe, expect, test } from "@jest/globals";
import { event, handle, resign, sealed, TestLog } from "./log.ts";

describe("a receipt of before", () => {
  test("an admission of 17 disclosable claims is read as what it is, and has no caller", async () => {
    const log = await TestLog.open();
    const { leaf, disclosures } = await log.add(handle(), event());
    const before = resign(log, leaf, (claims) => {
      const digests = disclosures.slice(0, 17).map((text) => nodeCrypto.sha256(Buffer.from(text)));
      return { ...claims, _sd: digests.map(encodeBase64url).sort() };
    });
    const read = parseReceipt(formatReceipt(before, disclosures.slice(0, 17)));
    expect(read.disclosed.get("name")).toBe("api-0");
    expect([...read.disclosed.keys()]).toEqual(disclosureNames["admission.blocked"].slice(0, 17));
    expect(() => parseReceipt(formatReceipt(before, disclosures))).toThrow("matches no digest");
  });
});

test("an admission says how the webhook knew its caller", async () => {
  const told = parseReceiptEvent(event({ disclosable: { caller: "certificate" } }));
  const log = await TestLog.open();
  const { leaf, disclosures } = await log.add(handle(), told);
  expect(parseReceipt(formatReceipt(leaf, disclosures)).disclosed.get("caller")).toBe("certificate");
});

test.each([
  "tenant.handover",
  "namespace.adopted",
  "namespace.released",
  "disclosure.redacted",
  "log.tiered",
] as const)("%s is a receipt like every other", async (type) => {
  expect(receiptTypes).toContain(type);
  const log = await TestLog.open();
  const changed = event({ type, decision: "none", requested: [], disclosable: { details: { a: 1 } } });
  const { leaf, disclosures } = await log.add(handle(), parseReceiptEvent(changed));
  const { claims, disclosed } = parseReceipt(formatReceipt(leaf, disclosures));
  expect([claims.type, disclosed.get("details")]).toEqual([type, { a: 1 }]);
});

describe("a seal", () => {
  const seal = async (count: number): Promise<{ details: unknown; own: string }> => {
    const own = handle();
    const heads = Array.from({ length: count }, (_, idx) => ({ handle: handle(), seq: 0, idx }));
    const place = { iss: "o", iat: 1, idx: 999, sub: own, seq: 1, prev: 998, src: "j", n: 0 };
    const issued = await issueReceipt({
      event: sealed(),
      place: {
        ...place,
        logHead: { seq: 0, idx: 0 },
        chains: [...heads, { handle: own, seq: 0, idx: 998 }],
      },
      kid: "k",
      sign: () => new Uint8Array(64),
      random: nodeCrypto.randomBytes,
    });
    return {
      own,
      details: parseReceipt(formatReceipt(issued.leaf, issued.disclosures)).disclosed.get("details"),
    };
  };

  test("names every chain of its tenant's name with its head", async () => {
    const { details, own } = await seal(0);
    expect(details).toMatchObject({ chains: [{ handle: own, seq: 0, idx: 998 }] });
  });

  test("has room for a name that was made again a thousand times", async () => {
    expect((await seal(999)).details).toMatchObject({
      log: { seq: 0, idx: 0 },
      chains: { count: 1000, digest: expect.stringMatching(/^sha256:/) },
    });
  });

  test("without its own chain among them is not issued", async () => {
    const log = await TestLog.open();
    const heads = [{ handle: newHandle(nodeCrypto.randomBytes), seq: 0, idx: 1 }];
    await expect(log.add(handle(), sealed(), { chains: heads })).rejects.toThrow("own chain");
  });
});

describe("a handover", () => {
  const chain = { origin: "log.example/eu", uid: "1", handle: handle() };
  const [old, next] = [
    { region: "eu-west-1", uid: "1" },
    { region: "eu-central-1", uid: "1" },
  ];
  test.each([
    ["to the chain that goes on", { to: chain }],
    ["from the chain before", { from: chain }],
    ["between two logs", { link: "01990000-0000-7000-8000-000000000000", from: old, to: next }],
  ])("%s is read", (_what, details) => {
    expect(parseHandover(details)).toEqual(details);
    expect(parseHandover({ ...details, later: 1 })).toEqual(details);
  });
  test.each([
    ["nothing", null],
    ["neither end", {}],
    ["both ends within one log", { from: chain, to: chain }],
    ["a chain without a handle", { to: { ...chain, handle: logChain } }],
    ["a link without a beginning", { link: "1", to: next }],
    ["a link that is no id", { link: "a b", from: old, to: next }],
    ["a region that is none", { link: "1", from: old, to: { ...next, region: "EU West" } }],
    ["a uid of a kilobyte", { to: { ...chain, uid: "x".repeat(1024) } }],
  ])("of %s is none", (_what, details) => {
    expect(parseHandover(details)).toBeUndefined();
  });
});
