import { expect, test } from "@jest/globals";
import { explored, runs } from "./explored.ts";

const all = Array.from({ length: 30 }, (_, i) => i);
const share = (seed: number) => explored(all, { COMPANYOS_EXPLORE: "share", COMPANYOS_SEED: String(seed) });

test("everything is explored, unless a share is asked for", () => {
  expect(explored(all, {})).toEqual(all);
  expect(explored(all, { COMPANYOS_SEED: "1" })).toEqual(all);
});

test("a share has one of each eight, the same for a seed, and over many seeds leaves nothing out", () => {
  for (let seed = 0; seed < 20; seed++) {
    expect(share(seed).map((at) => Math.floor(at / 8))).toEqual([0, 1, 2, 3]);
    expect(share(seed)).toEqual(share(seed));
  }
  const tried = new Set(Array.from({ length: 200 }, (_, seed) => share(seed)).flat());
  expect([...tried].sort((a, b) => a - b)).toEqual(all);
  expect(explored([], { COMPANYOS_EXPLORE: "share" })).toEqual([]);
});

test("a property is tried as often as it says, of a share an eighth of that and ten times at least", () => {
  expect([5, 60, 800].map((all) => runs(all, {}))).toEqual([5, 60, 800]);
  expect([5, 60, 800].map((all) => runs(all, { COMPANYOS_EXPLORE: "share" }))).toEqual([5, 10, 100]);
});
