import { createLogger } from "@companyos/service";
import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { eachOwed, givingUp, mostOwed, owing, paid, surplus } from "../src/owed.ts";

test("what one log refuses does not keep the others from theirs, and is what remains", async () => {
  let owed = ["a", "b", "c"];
  const full = new Set(["b"]);
  const sent: string[] = [];
  const send = async (log: string) => {
    if (full.has(log)) throw new Error(`${log} is full`);
    sent.push(log);
    owed = owed.filter((other) => other !== log);
  };
  await expect(eachOwed(owed, send)).rejects.toThrow("b is full");
  expect([sent, owed]).toEqual([["a", "c"], ["b"]]);
  full.clear();
  await eachOwed(owed, send);
  expect([sent, owed]).toEqual([["a", "c", "b"], []]);
});

test("the first refusal is what is told, after every one was tried", async () => {
  const tried: number[] = [];
  const refusing = eachOwed([1, 2, 3], async (one) => {
    tried.push(one);
    throw new Error(`refused ${one}`);
  });
  await expect(refusing).rejects.toThrow("refused 1");
  expect(tried).toEqual([1, 2, 3]);
});

const receipts = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => ({ rid: `id-${from + i}` }));

test("what is owed is kept oldest first up to a limit, and how many the limit costs is known", () => {
  const full = owing(undefined, receipts(mostOwed));
  expect(surplus(undefined, mostOwed)).toBe(0);
  const more = owing(full, receipts(2, mostOwed));
  expect(surplus(full, 2)).toBe(2);
  expect(more).toEqual(receipts(mostOwed, 2));
  expect(paid(more, "id-2")).toEqual(receipts(mostOwed - 1, 3));
});

test("what is given up is counted by its type and logged with whose it was; nothing is not", async () => {
  const lines: string[] = [];
  const log = createLogger({ role: "operator", write: (line) => void lines.push(line) });
  const registry = new Registry();
  const giveUp = givingUp(registry);
  giveUp(0, { type: "policy.changed", log, of: "acme" });
  expect(lines).toEqual([]);
  giveUp(2, { type: "policy.changed", log, of: "acme" });
  giveUp(1, { type: "policy.changed", log, of: "acme" });
  expect(await registry.getSingleMetricAsString("residency_receipts_given_up_total")).toContain(
    'residency_receipts_given_up_total{type="policy.changed"} 3',
  );
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", of: "acme", lost: 2 },
    { level: "error", of: "acme", lost: 1 },
  ]);
});
