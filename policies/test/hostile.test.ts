import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadBundle } from "../src/bundle.ts";
import { createDecider, placedKinds, resourcesOf } from "../src/index.ts";
import { hostname, named, one, plan, region, required, term, topology, zone } from "./topology.ts";

const decider = await createDecider(await loadBundle());
const resources = placedKinds.flatMap((placed) =>
  resourcesOf(placed).map((path) => [placed.group, ...path.split("/")] as [string, string, string?]),
);
const decide = (
  [group, resource, subresource]: [string, string, string?],
  object: unknown,
  oldObject: unknown,
) =>
  decider.decide({
    operation: "UPDATE",
    group,
    resource,
    subresource,
    object: object as never,
    oldObject: oldObject as never,
    topology: topology(["eu-west-1"]),
    plan: plan(),
  });

function nested(depth: number): unknown {
  let value: unknown = "deep";
  for (let i = 0; i < depth; i++) value = i % 2 ? [value] : { spec: value };
  return value;
}

const leaves = [
  null,
  true,
  0,
  -1,
  1e308,
  "",
  "x",
  [],
  {},
  [[]],
  [null],
  nested(10_000),
  JSON.parse('{"__proto__": {"spec": 1}, "constructor": {"name": 1}}'),
];
const steps = [
  "spec",
  "template",
  "jobTemplate",
  "affinity",
  "nodeAffinity",
  "requiredDuringSchedulingIgnoredDuringExecution",
  "nodeSelectorTerms",
  "matchExpressions",
  "matchFields",
  "nodeSelector",
  "nodeName",
  "target",
  "name",
  "key",
  "operator",
  "values",
  "metadata",
  "deletionTimestamp",
  "__proto__",
  "constructor",
  "0",
  region,
  zone,
];

/** Objects that look like the real thing in places, and are anything in others. */
const almost = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 9, withCrossShrink: true },
    fc.constantFrom(...leaves),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(fc.tuple(fc.constantFrom(...steps), tie("value")), { maxLength: 4 }).map((entries) => {
      const object: Record<string, unknown> = {};
      for (const [key, value] of entries)
        Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
      return object;
    }),
  ),
})).value;

describe("whatever an object is", () => {
  test("every reader returns, and never throws", () => {
    fc.assert(
      fc.property(almost, almost, (object, oldObject) => {
        for (const resource of resources) {
          const decision = decide(resource, object, oldObject);
          expect(decision.reason).not.toBe("DECISION_FAILED");
        }
      }),
      { numRuns: runs(300) },
    );
  });

  test("each field of a pod spec may be anything", () => {
    for (const leaf of leaves)
      for (const spec of [
        leaf,
        { nodeName: leaf },
        { nodeSelector: leaf },
        { nodeSelector: { [region]: leaf } },
        { affinity: leaf },
        { affinity: { nodeAffinity: leaf } },
        { affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: leaf } } },
        {
          affinity: {
            nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: leaf } },
          },
        },
        required(leaf),
        required({ matchExpressions: leaf }),
        required({ matchFields: leaf }),
        required(term(leaf)),
        required(term({ key: region, operator: leaf, values: ["eu-west-1"] })),
        required(term({ key: region, operator: "In", values: leaf })),
        required(term({ key: region, operator: "In", values: [leaf] })),
        required(term({ key: leaf, operator: "In", values: ["eu-west-1"] })),
      ])
        for (const resource of resources)
          expect(decide(resource, { spec }, {}).reason).not.toBe("DECISION_FAILED");
  });

  test("keys that every JavaScript object has are no regions, zones or nodes", () => {
    for (const name of ["__proto__", "constructor", "toString", "hasOwnProperty"])
      for (const spec of [
        { nodeName: name },
        { nodeSelector: { [region]: name } },
        { nodeSelector: { [zone]: name } },
        { nodeSelector: { [hostname]: name } },
        required(named(name)),
      ])
        expect(decide(["", "pods"], { spec }, {}).verdict).toBe("block");
  });
});

describe("an object as large as the API server takes", () => {
  const many = (count: number, make: (index: number) => unknown) =>
    Array.from({ length: count }, (_, index) => make(index));
  const quickly = (spec: unknown) => {
    const decision = decide(["", "pods"], { spec }, {});
    expect(decision.reason).not.toBe("DECISION_FAILED");
    return decision;
  };
  test.each<[string, () => unknown]>([
    [
      "with 150,000 values in one requirement",
      () => required(term({ key: region, operator: "NotIn", values: many(150_000, (i) => `r${i}`) })),
    ],
    [
      "with 20,000 requirements in one term",
      () => required(term(...many(20_000, (i) => one(region, "NotIn", `r${i}`)))),
    ],
    [
      "with 20,000 copies of the pin in one term",
      () => required(term(...many(20_000, () => one(region, "In", "eu-west-1")))),
    ],
    [
      "with 20,000 terms that avoid a host",
      () => required(...many(20_000, (i) => term(one(hostname, "NotIn", `h${i}`)))),
    ],
    [
      "with 20,000 terms that name a zone each",
      () => required(...many(20_000, (i) => term(one(zone, "In", i % 2 ? "eu-west-1a" : "us-east-1a")))),
    ],
  ])("%s is decided in time", (_, spec) => {
    quickly(spec());
  });
});
