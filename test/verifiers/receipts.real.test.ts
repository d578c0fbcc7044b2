import { ensurePython } from "@companyos/cluster";
import { encodeBase64url, formatReceipt } from "@companyos/receipts";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { eventOf } from "./events.ts";
import { type WrittenLog, writeLog } from "./log.ts";
import { claimsOf } from "./parsed.ts";
import { askPython, requirements } from "./python.ts";

let log: WrittenLog;

beforeAll(async () => {
  await ensurePython(requirements);
  log = await writeLog();
  await log.submit(Array.from({ length: 700 }, (_, n) => eventOf(n)));
}, 600_000);

afterAll(() => log?.remove());

describe("Python's sd-jwt reads the same claims as our parser from", () => {
  const masks: [what: string, shown: (disclosure: number, receipt: number) => boolean][] = [
    ["every receipt with all its disclosures", () => true],
    ["every receipt without disclosures", () => false],
    ["every receipt with some of its disclosures", (d, r) => (d * 7 + r) % 3 !== 0],
  ];
  test.each(masks)("%s", async (_what, shown) => {
    const sdJwts = log.receipts.map(({ leaf, disclosures }, r) =>
      formatReceipt(
        leaf,
        disclosures.filter((_, d) => shown(d, r)),
      ),
    );
    expect(sdJwts.length).toBeGreaterThanOrEqual(700);
    expect(await askPython(log.receiptKey, sdJwts)).toEqual(sdJwts.map((s) => ({ claims: claimsOf(s) })));
  });
});

describe("Python's sd-jwt refuses", () => {
  const refused = { refused: expect.any(String) };
  /** Another letter of the same alphabet. */
  const change = (text: string, at: number): string =>
    text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);

  test("one changed letter anywhere in header, payload or signature", async () => {
    const { leaf, disclosures } = log.receipts[42]!;
    const whole = formatReceipt(leaf, disclosures);
    const [header, payload, signature] = leaf.split(".").map((part) => part.length) as [
      number,
      number,
      number,
    ];
    const places = [
      ...Array.from({ length: 20 }, (_, i) => 1 + i * 2).filter((at) => at < header),
      ...Array.from({ length: 40 }, (_, i) => header + 2 + i * 11).filter((at) => at < header + payload),
      // The last letter carries only two bits of the signature.
      ...Array.from({ length: signature - 1 }, (_, i) => header + 1 + payload + 1 + i),
    ];
    const verdicts = await askPython(log.receiptKey, [whole, ...places.map((at) => change(whole, at))]);
    expect(verdicts[0]).toEqual({ claims: claimsOf(whole) });
    expect(verdicts.slice(1)).toEqual(places.map(() => refused));
  });

  test("a changed disclosure, and one that belongs to another receipt", async () => {
    const [one, other] = [log.receipts[42]!, log.receipts[49]!];
    const [first, ...rest] = one.disclosures as [string, ...string[]];
    expect(
      await askPython(log.receiptKey, [
        formatReceipt(one.leaf, [change(first, 20), ...rest]),
        formatReceipt(one.leaf, [other.disclosures[0]!, ...rest]),
        formatReceipt(one.leaf, [first, first]),
      ]),
    ).toEqual([refused, refused, refused]);
  });

  test("the key of another log, and no signature at all", async () => {
    const other = await writeLog();
    await other.remove();
    const { leaf } = log.receipts[42]!;
    expect(await askPython(other.receiptKey, [formatReceipt(leaf)])).toEqual([refused]);
    const [, payload] = leaf.split(".");
    const none = encodeBase64url(new TextEncoder().encode('{"alg":"none","typ":"receipt+sd-jwt"}'));
    expect(await askPython(log.receiptKey, [`${none}.${payload}.~`])).toEqual([refused]);
  });
});
