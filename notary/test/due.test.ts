import { expect, test } from "@jest/globals";
import { batchDueIn } from "../src/writer/due.ts";

test("what comes after a silence waits for the delay, from its first record on", () => {
  expect(batchDueIn(50, { waited: 0, since: Number.POSITIVE_INFINITY })).toBe(50);
  expect(batchDueIn(50, { waited: 20, since: 10_000 })).toBe(30);
  expect(batchDueIn(50, { waited: 80, since: 10_000 })).toBe(0);
});

test("while records keep coming, a batch begins five delays after the one before", () => {
  expect(batchDueIn(50, { waited: 0, since: 0 })).toBe(250);
  expect(batchDueIn(50, { waited: 50, since: 60 })).toBe(190);
  expect(batchDueIn(50, { waited: 10, since: 240 })).toBe(40);
  expect(batchDueIn(50, { waited: 200, since: 250 })).toBe(0);
});
