import { expect, test } from "@jest/globals";
import { pinnedTo } from "../src/pinned.ts";
import { expression, regionKey, required, type Term } from "../src/places.ts";

const allowed = ["eu-central-1", "eu-west-1"];
const pin = expression(regionKey, "In", ...allowed);
const beside = (...terms: Term[]): Term => ({
  matchExpressions: terms.flatMap(({ matchExpressions = [] }) => matchExpressions),
});

test("every term has to say the allowed regions, whatever else it says, in any order", () => {
  const restricted = expression("node-restriction.kubernetes.io/residency-region", "In", ...allowed);
  expect(pinnedTo(required(pin), allowed)).toBe(true);
  expect(pinnedTo(required(expression(regionKey, "In", ...allowed.toReversed())), allowed)).toBe(true);
  expect(
    pinnedTo(required(beside(expression("disk", "Exists"), pin, restricted), beside(pin)), allowed),
  ).toBe(true);
});

test.each([
  ["nothing at all", undefined],
  ["no terms", required()],
  ["one term without", required(pin, expression("disk", "Exists"))],
  ["other values", required(expression(regionKey, "In", "eu-central-1", "us-east-1"))],
  ["a region more", required(expression(regionKey, "In", ...allowed, "us-east-1"))],
  ["another operator", required(expression(regionKey, "NotIn", ...allowed))],
  ["another key", required(expression("topology.kubernetes.io/zone", "In", ...allowed))],
])("%s is no pin", (_title, spec) => {
  expect(pinnedTo(spec, allowed)).toBe(false);
});
