import { occurrence, parseReceiptEvent } from "@companyos/receipts";
import { expect, test } from "@jest/globals";

const needed = {
  rid: "01a209be-1715-7431-aa26-ee6fcc741b72",
  type: "journal.gap",
  at: 1_800_000_000_000,
  cluster: "main",
  region: "eu-west-1",
} as const;

test("an event that decides nothing is a whole event, empty but for what was given", () => {
  expect(parseReceiptEvent(occurrence(needed))).toEqual({
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
  const event = occurrence({ count: 7, reason: "JOURNAL_DELETED", tenant, ...needed });
  expect(event).toMatchObject({ count: 7, reason: "JOURNAL_DELETED", tenant });
  const plain = Object.keys(occurrence(needed));
  expect(Object.keys(event)).toEqual([...plain.slice(0, 5), "tenant", ...plain.slice(5)]);
});
