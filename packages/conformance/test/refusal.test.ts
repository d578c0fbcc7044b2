import { describe, expect, test } from "@jest/globals";
import { refusalIn } from "../src/refusal.ts";

const refusalOf = (message: string, status = 403) => refusalIn({ status, object: undefined, message });
const receipt = "01a209be-1715-7431-aa26-ee6fcc741b72";

test("a refusal of the webhook names it, its reason and its receipt", () => {
  const said = `admission webhook "placements.residency.companyos.io" denied the request: Pod acme/x of tenant acme asks for us-east-1. [CROSS_REGION, receipt ${receipt}; companyos explain CROSS_REGION]`;
  expect(refusalOf(said)).toEqual({
    layer: "webhook",
    by: "placements.residency.companyos.io",
    reason: "CROSS_REGION",
    receipt,
  });
});

test("a dry run has no receipt, and an id elsewhere in the text is none", () => {
  const said = `admission webhook "bindings.residency.companyos.io" denied the request: Pod acme/${receipt} asks for a place. [NODE_UNKNOWN; https://docs.example/reason-codes.md#node_unknown]`;
  expect(refusalOf(said)).toEqual({
    layer: "webhook",
    by: "bindings.residency.companyos.io",
    reason: "NODE_UNKNOWN",
  });
});

test("a refusal in process names its policy", () => {
  const said =
    "pods \"x\" is forbidden: ValidatingAdmissionPolicy 'companyos-actual-node' with binding 'companyos-actual-node' denied request: node ghost is in no region";
  expect(refusalOf(said)).toEqual({ layer: "policy", by: "companyos-actual-node" });
});

describe("what somebody else says is no refusal of ours", () => {
  test.each([
    ["RBAC", 'pods is forbidden: User "a" cannot create resource "pods" in API group ""'],
    ["a quota", 'pods "x" is forbidden: exceeded quota: companyos-quota, requested: pods=1'],
    ["another webhook", 'admission webhook "validate.kyverno.svc" denied the request: [CROSS_REGION, x]'],
    ["another policy", "ValidatingAdmissionPolicy 'team-a' with binding 'companyos-x' denied request: no"],
  ])("%s", (_who, message) => {
    expect(refusalOf(message)).toBeUndefined();
  });

  test("an error, whatever it says", () => {
    const said =
      'admission webhook "placements.residency.companyos.io" denied the request: [CROSS_REGION; x]';
    expect(refusalOf(said, 500)).toBeUndefined();
  });
});
