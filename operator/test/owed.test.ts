import { expect, test } from "@jest/globals";
import { eachOwed } from "../src/owed.ts";

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
