import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  compilePlan,
  matchLabelSelector,
  type PlanPolicy,
  type PlanRegion,
  type PlanTenant,
} from "../src/index.ts";

const regions = [
  { metadata: { name: "eu-west-1" }, spec: { jurisdiction: "EU" } },
  { metadata: { name: "eu-central-1" }, spec: { jurisdiction: "EU" } },
  { metadata: { name: "us-east-1" }, spec: { jurisdiction: "US" } },
];
const tenant = (homeRegion: string, own?: string[], labels?: Record<string, string>): PlanTenant => ({
  metadata: { name: "acme", uid: "u-1", labels },
  spec: { homeRegion, regions: own },
});
const policy = (name: string, spec: PlanPolicy["spec"]): PlanPolicy => ({ metadata: { name }, spec });
const compile = (who: PlanTenant, ...policies: PlanPolicy[]) =>
  compilePlan({ tenant: who, policies, regions });
const codes = ({ problems }: { problems: { code: string }[] }) => problems.map(({ code }) => code);

describe("a plan", () => {
  test("without policies is the tenant's own regions, enforced", () => {
    expect(compile(tenant("eu-west-1", ["us-east-1", "eu-west-1"])).plan).toMatchObject({
      regions: ["eu-west-1", "us-east-1"],
      mode: "Enforce",
      policies: [],
    });
  });
  test("without regions is the home region", () => {
    expect(compile(tenant("eu-west-1")).plan.regions).toEqual(["eu-west-1"]);
  });
  describe("has the home that is in effect:", () => {
    const was = (home: string, who: PlanTenant): PlanTenant => ({ ...who, status: { homeRegion: home } });
    test("the one the tenant asks for, if there is such a Region", () => {
      const moved = compile(was("eu-west-1", tenant("us-east-1"))).plan;
      expect(moved).toEqual(compile(tenant("us-east-1")).plan);
      expect(moved).toMatchObject({ homeRegion: "us-east-1" });
      expect(moved).not.toHaveProperty("requestedHome");
    });
    test("else the last one that took effect, and what it asks for is allowed no more than before", () => {
      const mistyped = compile(was("us-east-1", tenant("us-esat-1", ["us-east-1", "us-esat-1"])));
      const { plan } = mistyped;
      expect(plan).toMatchObject({
        homeRegion: "us-east-1",
        requestedHome: "us-esat-1",
        regions: ["us-east-1"],
      });
      expect(plan.digest).not.toBe(compile(was("us-east-1", tenant("us-east-1"))).plan.digest);
      expect(codes(mistyped)).toEqual(["HOME_REGION_OUTSIDE_PLAN", "REGION_UNREGISTERED"]);
      expect(compile(was("us-east-1", tenant("us-esat-1"))).plan).toMatchObject({
        homeRegion: "us-east-1",
        regions: [],
      });
    });
    test("also when that Region was taken away: its log has the receipts", () => {
      expect(compile(was("ap-south-1", tenant("us-esat-1"))).plan).toMatchObject({
        homeRegion: "ap-south-1",
      });
    });
    test("of a tenant that never had one, what it asks for", () => {
      const { plan } = compile(tenant("us-esat-1"));
      expect(plan).toMatchObject({ homeRegion: "us-esat-1" });
      expect(plan).not.toHaveProperty("requestedHome");
    });
  });
  test("is what every matching policy leaves, by region or jurisdiction", () => {
    const { plan } = compile(
      tenant("eu-west-1", ["eu-west-1", "eu-central-1", "us-east-1"]),
      policy("eu", { allowed: { jurisdictions: ["EU"] } }),
      policy("west", { allowed: { regions: ["eu-west-1", "us-east-1"] } }),
    );
    expect(plan).toMatchObject({ regions: ["eu-west-1"], policies: ["eu", "west"] });
  });
  test("takes regions and jurisdictions of one policy together", () => {
    const { plan } = compile(
      tenant("eu-west-1", ["eu-west-1", "us-east-1"]),
      policy("p", { allowed: { regions: ["us-east-1"], jurisdictions: ["EU"] } }),
    );
    expect(plan.regions).toEqual(["eu-west-1", "us-east-1"]);
  });
  test("has the strictest mode of the policies that select the tenant", () => {
    const all = { allowed: { jurisdictions: ["EU"] } };
    const warn = policy("w", { ...all, mode: "Warn" });
    const audit = policy("a", { ...all, mode: "Audit" });
    expect(compile(tenant("eu-west-1"), audit).plan.mode).toBe("Audit");
    expect(compile(tenant("eu-west-1"), audit, warn).plan.mode).toBe("Warn");
    expect(compile(tenant("eu-west-1"), warn, policy("e", all)).plan.mode).toBe("Enforce");
  });
  test("says which of its regions pods are pinned to by the topology label, and is the same plan as ever where none is", () => {
    const spec = { jurisdiction: "EU", nodes: { pinnedBy: "Topology" } } as const;
    const managed = ["managed-b", "managed-a", "elsewhere"].map((name) => ({ metadata: { name }, spec }));
    const compiled = (own: string[], all: PlanRegion[]) =>
      compilePlan({ tenant: tenant("eu-west-1", own), policies: [], regions: all }).plan;
    const mixed = compiled(["managed-b", "managed-a", "eu-west-1"], [...regions, ...managed]);
    expect(mixed).toMatchObject({
      regions: ["eu-west-1", "managed-a", "managed-b"],
      topologyPinned: ["managed-a", "managed-b"],
    });
    const vouched = managed.map(({ metadata }) => ({ metadata, spec: { jurisdiction: "EU" } }));
    const plain = compiled(["managed-b", "managed-a", "eu-west-1"], [...regions, ...vouched]);
    expect(plain).not.toHaveProperty("topologyPinned");
    expect(mixed.digest).not.toBe(plain.digest);
    expect(compiled(["eu-west-1"], [...regions, ...managed])).toEqual(compiled(["eu-west-1"], regions));
  });
  test("ignores policies that select other tenants", () => {
    const other = policy("o", {
      tenantSelector: { matchLabels: { tier: "gold" } },
      allowed: { regions: ["us-east-1"] },
    });
    expect(compile(tenant("eu-west-1"), other).plan).toMatchObject({ regions: ["eu-west-1"], policies: [] });
    expect(compile(tenant("eu-west-1", undefined, { tier: "gold" }), other).plan.regions).toEqual([]);
  });
  test("never allows a region nobody registered, and says so", () => {
    const result = compile(
      tenant("mars", ["mars", "eu-west-1"]),
      policy("p", { allowed: { regions: ["mars", "eu-west-1"] } }),
    );
    expect(result.plan.regions).toEqual(["eu-west-1"]);
    expect(codes(result)).toEqual(["REGION_UNREGISTERED", "HOME_REGION_OUTSIDE_PLAN", "REGION_UNREGISTERED"]);
  });
  test("says when it is empty, and when a jurisdiction has no region", () => {
    expect(codes(compile(tenant("us-east-1"), policy("eu", { allowed: { jurisdictions: ["EU"] } })))).toEqual(
      ["PLAN_EMPTY"],
    );
    expect(
      codes(compile(tenant("us-east-1"), policy("p", { allowed: { jurisdictions: ["Mars"] } }))),
    ).toContain("JURISDICTION_WITHOUT_REGION");
  });
  test("is bound by a policy whose selector cannot be read", () => {
    const broken = policy("b", {
      tenantSelector: { matchExpressions: [{ key: "a", operator: "Near", values: [] }] },
      allowed: { jurisdictions: ["EU"] },
    });
    const result = compile(tenant("eu-west-1", ["eu-west-1", "us-east-1"]), broken);
    expect(result.plan.regions).toEqual(["eu-west-1"]);
    expect(codes(result)).toEqual(["SELECTOR_INVALID"]);
  });
  test("and its digest do not depend on the order of anything", () => {
    const policies = [
      policy("a", { allowed: { jurisdictions: ["EU", "US"] } }),
      policy("b", { allowed: { regions: ["eu-west-1", "us-east-1"] } }),
    ];
    const expected = compilePlan({
      tenant: tenant("eu-west-1", ["eu-west-1", "us-east-1"]),
      policies,
      regions,
    });
    fc.assert(
      fc.property(
        fc.shuffledSubarray(policies, { minLength: 2 }),
        fc.shuffledSubarray(regions, { minLength: 3 }),
        fc.shuffledSubarray(["eu-west-1", "us-east-1"], { minLength: 2 }),
        (p, r, own) => {
          expect(compilePlan({ tenant: tenant("eu-west-1", own), policies: p, regions: r })).toEqual(
            expected,
          );
        },
      ),
    );
  });
  test("has another digest when anything in it changes", () => {
    const digests = [
      tenant("eu-west-1"),
      tenant("us-east-1"),
      tenant("eu-west-1", ["eu-west-1", "us-east-1"]),
    ].map((who) => compile(who).plan.digest);
    digests.push(
      compile(tenant("eu-west-1"), policy("p", { allowed: { jurisdictions: ["EU"] } })).plan.digest,
    );
    digests.push(
      compile(tenant("eu-west-1"), policy("p", { allowed: { jurisdictions: ["EU"] }, mode: "Warn" })).plan
        .digest,
    );
    expect(new Set(digests).size).toBe(digests.length);
    expect(digests[0]).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});

describe("a label selector", () => {
  const labels = { tier: "gold", constructor: "x" };
  test.each<[string, Parameters<typeof matchLabelSelector>[0], boolean | "invalid"]>([
    ["that is absent matches", undefined, true],
    ["that is empty matches", {}, true],
    ["matches labels exactly", { matchLabels: { tier: "gold" } }, true],
    ["needs every label", { matchLabels: { tier: "gold", zone: "1" } }, false],
    ["In needs the key", { matchExpressions: [{ key: "zone", operator: "In", values: [""] }] }, false],
    [
      "NotIn matches a missing key",
      { matchExpressions: [{ key: "zone", operator: "NotIn", values: ["1"] }] },
      true,
    ],
    [
      "NotIn refuses a listed value",
      { matchExpressions: [{ key: "tier", operator: "NotIn", values: ["gold"] }] },
      false,
    ],
    ["Exists needs the key", { matchExpressions: [{ key: "zone", operator: "Exists" }] }, false],
    [
      "Exists is not fooled by what every object has",
      { matchExpressions: [{ key: "toString", operator: "Exists" }] },
      false,
    ],
    [
      "DoesNotExist refuses the key",
      { matchExpressions: [{ key: "tier", operator: "DoesNotExist" }] },
      false,
    ],
    [
      "with In and no values is invalid",
      { matchExpressions: [{ key: "tier", operator: "In", values: [] }] },
      "invalid",
    ],
    [
      "with Exists and values is invalid",
      { matchExpressions: [{ key: "tier", operator: "Exists", values: ["gold"] }] },
      "invalid",
    ],
  ])("%s", (_, selector, expected) => {
    expect(matchLabelSelector(selector, labels)).toBe(expected);
  });
});
