import { expect, test } from "@jest/globals";
import { Enforcement } from "../src/enforcement.ts";

test("nothing is in force before the admission controller has spoken", () => {
  expect(new Enforcement().remaining(1_000)).toBeGreaterThan(0);
});

test("what was found installed is in force; what is missing keeps everything waiting", () => {
  const enforcement = new Enforcement();
  enforcement.expect(["pin", "binding"]);
  enforcement.installed("pin", undefined);
  expect(enforcement.remaining(1_000)).toBeGreaterThan(0);
  enforcement.installed("binding", undefined);
  expect(enforcement.remaining(1_000)).toBe(0);
});

test("what was written now is in force once API servers have taken it up", () => {
  const enforcement = new Enforcement();
  enforcement.expect(["pin"]);
  enforcement.installed("pin", 10_000);
  const wait = enforcement.remaining(10_000);
  expect(wait).toBeGreaterThan(1_000);
  expect(enforcement.remaining(10_000 + wait)).toBe(0);
  // Seen again, unchanged: the time it was written still counts.
  enforcement.installed("pin", undefined);
  expect(enforcement.remaining(10_000)).toBe(wait);
});
