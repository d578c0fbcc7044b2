import { expect, test } from "@jest/globals";
import { waitAfter } from "../src/backoff.ts";

const waits = (failures: number[], first: number, max: number) =>
  failures.map((count) => waitAfter(count, { first, max }));

test("the wait doubles with each failure in a row, from the first to the longest", () => {
  expect(waits([1, 2, 3, 4, 5, 6], 200, 5_000)).toEqual([200, 400, 800, 1_600, 3_200, 5_000]);
});

test("however many failures: no longer than the longest, and nothing where the first wait is nothing", () => {
  expect(waits([64, 5_000], 1, 30_000)).toEqual([30_000, 30_000]);
  expect(waits([1, 5_000], 0, 30_000)).toEqual([0, 0]);
});

test("a first wait beyond the longest is cut to it", () => {
  expect(waits([1, 2], 500, 100)).toEqual([100, 100]);
});
