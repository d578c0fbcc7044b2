import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { admissionRestored } from "../src/admission/event.ts";
import { admissionFacts } from "../src/admission/facts.ts";
import {
  type AdmissionFacts,
  type AdmissionSettings,
  admissionObjects,
} from "../src/admission/objects/index.ts";
import { chunks } from "../src/admission/objects/literal.ts";
import { digestOf } from "../src/admission/remember.ts";

const settings: AdmissionSettings = {
  productNamespace: "companyos-system",
  webhook: { url: "https://127.0.0.1:1/admit" },
  caBundle: "a CA",
  whenUnavailable: "available",
  timeoutSeconds: 5,
};
const facts = (nodes: Record<string, string>, ...reserved: string[]): AdmissionFacts => ({
  nodes: new Map(Object.entries(nodes)),
  reserved: new Set(reserved),
});
function policyOf(name: string, change: Partial<AdmissionSettings> = {}, state = facts({})): KubeObject {
  return admissionObjects({ ...settings, ...change }, state).find(
    ({ kind, metadata }) => kind === "ValidatingAdmissionPolicy" && metadata.name === name,
  )!;
}
function expressions(object: KubeObject): string[] {
  const { matchConditions = [], variables = [], validations } = object.spec;
  return [...matchConditions, ...variables, ...validations].map(({ expression }) => expression);
}
const many = (count: number) =>
  Object.fromEntries(
    Array.from({ length: count }, (_, i) => [
      `ip-10-${i >> 16}-${(i >> 8) & 255}-${i & 255}.compute.internal.example.com`,
      i % 3 === 0 ? "eu-west-1" : "us-east-1",
    ]),
  );

describe("the map of nodes", () => {
  test("is the same text for the same nodes, in whatever order they came", () => {
    const one = policyOf("companyos-actual-node", {}, facts({ b: "eu", a: "us", c: "eu" }));
    const other = policyOf("companyos-actual-node", {}, facts({ c: "eu", b: "eu", a: "us" }));
    expect(one).toEqual(other);
    expect(expressions(one)).toContain("variables.node in ['b','c']");
  });

  test("stays below CEL's limit in every expression at 10,000 nodes, and misses none", () => {
    const nodes = many(10_000);
    const all = expressions(policyOf("companyos-actual-node", {}, facts(nodes)));
    expect(Math.max(...all.map((text) => [...text].length))).toBeLessThan(100_000);
    const text = all.join("\n");
    for (const name of Object.keys(nodes)) expect(text.includes(`'${name}'`)).toBe(true);
  });

  test("leaves out what etcd could not carry, and says how much", () => {
    const longest = (i: number) => `n${i}.${"x".repeat(60)}.${"y".repeat(60)}`;
    const nodes = Array.from({ length: 20_000 }, (_, i) => ({ name: longest(i), region: "eu", labels: {} }));
    const { nodes: fit, left } = admissionFacts(nodes, []);
    expect(left.nodes).toBeGreaterThan(0);
    expect(fit.size + left.nodes).toBe(20_000);
    const size = JSON.stringify(
      policyOf("companyos-actual-node", {}, { nodes: fit, reserved: new Set() }),
    ).length;
    expect(size).toBeLessThan(1_400_000);
  });

  test("holds no node that nobody vouches for, and is a policy without any", () => {
    const { nodes } = admissionFacts([{ name: "n", region: undefined, labels: {} }], []);
    expect(nodes.size).toBe(0);
    expect(expressions(policyOf("companyos-actual-node"))).toContain("[variables.part0 ? '' : ''].join('')");
  });

  test("takes no name that could end a string", () => {
    expect(chunks(["a", "b'] || true || ['", "c\\", "d"])).toEqual([["a", "d"]]);
  });
});

describe("the guards", () => {
  const guards = ["companyos-namespace-guard", "companyos-object-guard"];
  const condition = (name: string, change: Partial<AdmissionSettings>) =>
    policyOf(name, change).spec.matchConditions.find((one: { name: string }) => one.name === "not-operator")
      .expression;

  test.each(guards)("%s lets pass the operator of its own namespace and the break-glass group", (name) => {
    const text = condition(name, { productNamespace: "elsewhere" });
    expect(text).toContain("'system:serviceaccount:elsewhere:companyos-operator'");
    expect(text).toContain('"companyos:break-glass"');
    expect(condition(name, { breakGlassGroup: 'sre\'s "own"' })).toContain('"sre\'s \\"own\\""');
  });

  test.each(guards)("%s lets nobody pass but the operator where there is no break-glass group", (name) => {
    expect(condition(name, { breakGlassGroup: "" })).not.toContain("groups");
  });

  test("names that Tenants claim are reserved", () => {
    const { reserved } = admissionFacts([], ["acme", "acme-data"]);
    const text = expressions(policyOf("companyos-namespace-guard", {}, { nodes: new Map(), reserved })).join(
      "\n",
    );
    expect(text).toContain("object.metadata.name in ['acme','acme-data']");
    expect(text).toContain("!(variables.reserved0)");
  });

  test("every policy of ours denies, leaves an audit annotation, and answers Forbidden", () => {
    for (const { kind, spec } of admissionObjects(settings)) {
      if (kind === "ValidatingAdmissionPolicyBinding")
        expect(spec.validationActions).toEqual(["Deny", "Audit"]);
      if (kind !== "ValidatingAdmissionPolicy") continue;
      expect(spec.failurePolicy).toBe("Fail");
      for (const { reason, message } of spec.validations) {
        expect(reason).toBe("Forbidden");
        expect(message).toMatch(/\(policy companyos-[a-z-]+\)$/);
      }
    }
  });
});

describe("what was put back", () => {
  test("is told apart from what is wanted anew", () => {
    const before = policyOf("companyos-actual-node", {}, facts({ a: "eu" }));
    expect(digestOf(before)).toBe(digestOf(policyOf("companyos-actual-node", {}, facts({ a: "eu" }))));
    expect(digestOf(before)).not.toBe(digestOf(policyOf("companyos-actual-node", {}, facts({ a: "us" }))));
  });

  test("leaves a receipt that names it", () => {
    const object = { kind: "ValidatingAdmissionPolicy", name: "companyos-actual-node" };
    const common = { rid: "r", at: 1, cluster: "c", log: "eu-west-1", object };
    expect(admissionRestored({ ...common, why: "missing" })).toMatchObject({
      type: "policy.changed",
      reason: "ADMISSION_RESTORED",
      region: "eu-west-1",
      op: "DELETE",
      disclosable: { name: "companyos-actual-node", details: { why: "missing" } },
    });
  });
});
