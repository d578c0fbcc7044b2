import { createHash } from "node:crypto";
import {
  encodeBase64url,
  issueReceipt,
  type Json,
  parseReceiptEvent,
  ReceiptError,
  type ReceiptEvent,
  receiptEvent,
  receiptType,
  receiptTypes,
} from "@companyos/receipts";
import { describe, expect, test } from "@jest/globals";
import { bytes } from "./receipt-bytes.ts";

const always = {
  rid: "01a209be-1715-7431-aa26-ee6fcc741b72",
  at: 1_800_000_000_000,
  cluster: "main",
  region: "eu-west-1",
} as const;
const needed = { ...always, type: "log.tiered" } as const;

test("an event that decides nothing is a whole event, empty but for what was given", () => {
  expect(parseReceiptEvent(receiptEvent("log.tiered", always))).toEqual({
    ...needed,
    decision: "none",
    reason: "",
    op: "none",
    kind: "none",
    requested: [],
    allowed: [],
    plan: null,
    policy: null,
    count: 1,
    disclosable: {},
  });
});

test("what is given is kept, and the fields stand in one order however they were given", () => {
  const tenant = { name: "acme", uid: "1" };
  const event = receiptEvent("log.tiered", { count: 7, reason: "JOURNAL_DELETED", tenant, ...always });
  expect(event).toMatchObject({ count: 7, reason: "JOURNAL_DELETED", tenant });
  const plain = Object.keys(receiptEvent("log.tiered", always));
  expect(Object.keys(event)).toEqual([...plain.slice(0, 5), "tenant", ...plain.slice(5)]);
});

describe("what a type requires", () => {
  const gap = { ...always, reason: "JOURNAL_DELETED", count: 2, disclosable: { details: { from: 3 } } };

  test("may not be left out: neither a claim", () => {
    const { count: _, ...less } = gap;
    // @ts-expect-error: a gap says how many.
    const without = () => receiptEvent("journal.gap", less);
    expect(without).toThrow(ReceiptError);
    expect(without).toThrow(expect.objectContaining({ code: "CLAIM_MISSING" }));
  });

  test("nor a disclosable claim, though that may be null", () => {
    // @ts-expect-error: a gap says which.
    const without = () => receiptEvent("journal.gap", { ...gap, disclosable: {} });
    expect(without).toThrow(expect.objectContaining({ code: "CLAIM_MISSING" }));
    expect(receiptEvent("journal.gap", { ...gap, disclosable: { details: null } }).count).toBe(2);
  });

  test("a decision is one that the type may carry, and the only one is its own", () => {
    const denied = { ...always, count: 2, disclosable: { policies: ["p"], details: {} } };
    expect(receiptEvent("admission.denied_in_process", denied)).toMatchObject({
      decision: "block",
      reason: "DENIED_IN_PROCESS",
    });
    // @ts-expect-error: what was denied was not allowed.
    expect(() => receiptEvent("admission.denied_in_process", { ...denied, decision: "allow" })).toThrow(
      "with the decision allow",
    );
  });

  test("a disclosable claim that the type does not have is none of its event's", () => {
    // @ts-expect-error: a gap has no images.
    const odd = receiptEvent("journal.gap", { ...gap, disclosable: { details: null, images: [] } });
    expect(() => parseReceiptEvent(odd)).toThrow("journal.gap has no disclosable images");
  });
});

/** Says everything that a receipt of the type can say. */
function whole(type: ReceiptEvent["type"]): ReceiptEvent {
  const { disclosures, decisions = ["none"] } = receiptType(type);
  const names = disclosures.filter((name) => !["rid", "cluster", "tenant"].includes(name));
  return {
    rid: "01990000-0000-7000-8000-000000000000",
    type,
    at: 1_790_000_000_000,
    cluster: "one",
    region: "eu-west-1",
    tenant: { name: "acme", uid: "6f1e" },
    decision: decisions[0]!,
    reason: "WHY",
    op: "UPDATE",
    kind: "Pod",
    requested: ["us-east-1"],
    allowed: ["eu-west-1"],
    plan: `sha256:${"1".repeat(64)}`,
    policy: `sha256:${"2".repeat(64)}`,
    count: 3,
    disclosable: Object.fromEntries(
      names.map((name, i): [string, Json] => [name, name === "details" ? { n: i } : `${name} of it`]),
    ),
  };
}

/** SHA-256 of the receipt with all its disclosures, where salts and signature are no secrets. */
async function digestOf(event: ReceiptEvent): Promise<string> {
  let drawn = 0;
  const { leaf, disclosures } = await issueReceipt({
    event,
    place: {
      iss: "companyos.example/log",
      iat: 1_790_000_000,
      idx: 7,
      sub: encodeBase64url(new Uint8Array(16).fill(5)),
      seq: 3,
      prev: 5,
      src: "journal",
      n: 9,
      logHead: { seq: 1, idx: 1 },
    },
    kid: "receipt-0",
    sign: (input) => createHash("sha512").update(input).digest(),
    random: (length) => Uint8Array.from({ length }, () => drawn++ % 251),
  });
  return createHash("sha256")
    .update([leaf, ...disclosures].join("~"))
    .digest("hex");
}

describe("a receipt has the bytes that it always had", () => {
  test("and no type is gone", () => {
    expect(receiptTypes).toEqual(expect.arrayContaining(Object.keys(bytes)));
  });

  test.each(Object.entries(bytes))("%s", async (type, digest) => {
    const event = whole(type as ReceiptEvent["type"]);
    const disclosable = { ...event.disclosable, rid: event.rid };
    // The digests are of receipts that decided nothing.
    const quiet: ReceiptEvent = { ...event, decision: "none" };
    expect(await digestOf(quiet)).toBe(digest);
    const built = receiptEvent(event.type, { ...event, disclosable } as never);
    expect(await digestOf({ ...built, decision: "none" })).toBe(digest);
    expect(JSON.stringify(built)).toBe(JSON.stringify({ ...event, disclosable }));
  });
});
