import { expect, test } from "@jest/globals";
import { pinnedTo } from "../src/pinned.ts";
import { expression, regionKey, required, type Term } from "../src/places.ts";

const allowed = ["eu-central-1", "eu-west-1"];
const ours = "node-restriction.kubernetes.io/residency-region";
const pin = expression(ours, "In", ...allowed);
const beside = (...terms: Term[]): Term => ({
  matchExpressions: terms.flatMap(({ matchExpressions = [] }) => matchExpressions),
});

test("every term has to say the allowed regions, whatever else it says, in any order", () => {
  expect(pinnedTo(required(pin), allowed)).toBe(true);
  expect(pinnedTo(required(expression(ours, "In", ...allowed.toReversed())), allowed)).toBe(true);
  const earlier = beside(expression(regionKey, "In", ...allowed), pin);
  expect(
    pinnedTo(required(beside(expression("disk", "Exists"), pin), {}, earlier, beside(pin)), allowed),
  ).toBe(true);
  expect(pinnedTo({ nodeSelector: { [ours]: "eu-west-1" } }, ["eu-west-1"])).toBe(true);
});

test.each([
  ["nothing at all", undefined],
  ["no terms", required()],
  ["one term without", required(pin, expression("disk", "Exists"))],
  ["other values", required(expression(ours, "In", "eu-central-1", "us-east-1"))],
  ["a region more", required(expression(ours, "In", ...allowed, "us-east-1"))],
  ["a region less", { nodeSelector: { [ours]: "eu-west-1" } }],
  ["another operator", required(expression(ours, "NotIn", ...allowed))],
  ["the label that a kubelet may write", required(expression(regionKey, "In", ...allowed))],
  ["another key", required(expression("topology.kubernetes.io/zone", "In", ...allowed))],
])("%s is no pin", (_title, spec) => {
  expect(pinnedTo(spec, allowed)).toBe(false);
});
