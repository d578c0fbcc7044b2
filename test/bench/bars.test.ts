import { expect, test } from "@jest/globals";
import { hold, over } from "./bars.ts";

test("what is at its bar holds, what is over it is named with both", () => {
  expect(over({ "webhook MB": 150, "server-8": 1.2 }, { "webhook MB": 150, "server-8": 1.5 })).toEqual([]);
  expect(over({ "webhook MB": 157, "server-8": 1.2 }, { "webhook MB": 150, "server-8": 1.5 })).toEqual([
    "webhook MB is 157, at most 150",
  ]);
});

test("a bar against which nothing was measured does not hold", () => {
  expect(over({ "server-8": Number.NaN }, { "server-8": 1.5, "server-64": 1.5 })).toEqual([
    "server-8 was not measured, at most 1.5",
    "server-64 was not measured, at most 1.5",
  ]);
});

test("a bench that is over ends with 1, one that is not leaves its end alone", () => {
  const run = { exitCode: undefined };
  hold({ ms: 1 }, { ms: 1 }, run);
  expect(run).toEqual({ exitCode: undefined });
  hold({ ms: 2 }, { ms: 1 }, run);
  expect(run).toEqual({ exitCode: 1 });
});
