/** Never lawful where the scheduler could place it elsewhere: the readers against a model of the scheduler. */
import { runs } from "@companyos/test/explored";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadBundle } from "../src/bundle.ts";
import { createDecider, type NodeFacts, pinned, type Topology } from "../src/index.ts";
import { type Expression, type ModelNode, type ModelSpec, type ModelTerm, schedulable } from "./scheduler.ts";
import { hostname, plan, region, vouched, zone } from "./topology.ts";

const decider = await createDecider(await loadBundle());
const deprecated = "failure-domain.beta.kubernetes.io";
const regionNames = ["eu-west-1", "eu-central-1", "us-east-1", "7"];
const regionValues = [...regionNames, "mars", "9"];
const zoneValues = [
  "eu-west-1a",
  "eu-west-1b",
  "eu-central-1a",
  "us-east-1a",
  "us-east-1b",
  "nowhere-1a",
  "3",
];
const nodeNames = ["n0", "n1", "n2", "n3", "n4"];
const valuesOf: Record<string, string[]> = {
  [region]: regionValues,
  [vouched]: regionValues,
  [`${deprecated}/region`]: regionValues,
  [zone]: zoneValues,
  [`${deprecated}/zone`]: zoneValues,
  [hostname]: [...nodeNames, "h0", "h1"],
  disktype: ["ssd", "hdd", "5"],
};
const regions = [
  { name: "eu-west-1", jurisdiction: "EU", zones: ["eu-west-1a", "eu-west-1b"] },
  { name: "eu-central-1", jurisdiction: "EU", zones: ["eu-central-1a"] },
  { name: "us-east-1", jurisdiction: "US", zones: ["us-east-1a", "us-east-1b"] },
  { name: "7", jurisdiction: "US", zones: [] },
];

const anyLabels = fc.record(
  Object.fromEntries(Object.entries(valuesOf).map(([key, values]) => [key, fc.constantFrom(...values)])),
  { requiredKeys: [] },
) as fc.Arbitrary<Record<string, string>>;

/**
 * A node of the topology. Where somebody vouches for it, the label that no kubelet can write says so; its own region label
 * agrees or is missing; other labels are anything.
 */
const someNode = (name: string): fc.Arbitrary<NodeFacts> =>
  fc
    .record({
      labels: anyLabels,
      stands: fc.option(fc.constantFrom(...regionNames), { nil: undefined }),
      bare: fc.boolean(),
    })
    .map(({ labels: { [region]: says, [vouched]: _, ...rest }, stands, bare }) => {
      if (stands === undefined)
        return { name, region: undefined, labels: says === undefined ? rest : { ...rest, [region]: says } };
      const written = { ...rest, [vouched]: stands };
      return { name, region: stands, labels: bare ? written : { ...written, [region]: stands } };
    });
const someNodes = fc.tuple(...nodeNames.map(someNode));
/** Nodes that may join later: new names, any labels at all, zone beside foreign region included. Some are vouched for. */
const liars = fc
  .array(anyLabels, { maxLength: 40 })
  .map((all) => all.map((labels, index): ModelNode => ({ name: `later-${index}`, labels })));
/** Those among them whose region label says what somebody vouches for. */
const laterNodes = liars.map((all) =>
  all.map(({ name, labels }): ModelNode => {
    const stands = labels[vouched];
    const lies = stands !== undefined && labels[region] !== undefined;
    return { name, labels: lies ? { ...labels, [region]: stands } : labels };
  }),
);

const expression = (keys: string[]): fc.Arbitrary<Expression> =>
  fc.constantFrom(...keys).chain((key) =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({
          key: fc.constant(key),
          operator: fc.constant("In"),
          values: fc.uniqueArray(fc.constantFrom(...(valuesOf[key] ?? [])), { minLength: 1, maxLength: 3 }),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          key: fc.constant(key),
          operator: fc.constant("NotIn"),
          values: fc.uniqueArray(fc.constantFrom(...(valuesOf[key] ?? [])), { minLength: 1, maxLength: 5 }),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          key: fc.constant(key),
          operator: fc.constantFrom("Exists", "DoesNotExist"),
        }),
      },
      {
        weight: 1,
        arbitrary: fc.record({
          key: fc.constant(key),
          operator: fc.constantFrom("Gt", "Lt"),
          values: fc.constantFrom(["3"], ["6"], ["8"]),
        }),
      },
    ),
  );
const field = fc.record({
  key: fc.constant("metadata.name"),
  operator: fc.constantFrom("In", "NotIn"),
  values: fc.constantFrom(...nodeNames, "gone").map((name) => [name]),
});
const keys = Object.keys(valuesOf);
const term: fc.Arbitrary<ModelTerm> = fc.record(
  {
    matchExpressions: fc.array(expression([...keys, region, region, vouched]), { maxLength: 3 }),
    matchFields: fc.array(field, { maxLength: 1 }),
  },
  { requiredKeys: [] },
);
const spec: fc.Arbitrary<ModelSpec> = fc.record(
  {
    nodeSelector: fc.oneof(
      { weight: 3, arbitrary: fc.constant({}) },
      anyLabels.map((labels) => Object.fromEntries(Object.entries(labels).slice(0, 1))),
    ),
    terms: fc.array(term, { minLength: 1, maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const allowed = fc.shuffledSubarray(regionNames, { minLength: 1 }).map((names) => [...names].sort());

interface Case {
  readonly spec: ModelSpec;
  readonly allowed: string[];
  readonly nodes: readonly NodeFacts[];
  readonly isPinned: boolean;
}

const affinity = ({ terms, ...rest }: ModelSpec) => ({
  spec: terms
    ? {
        ...rest,
        affinity: {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
        },
      }
    : rest,
});

function submitted({ spec: model, allowed: names, nodes, isPinned }: Case) {
  const object = isPinned ? pinned(affinity(model), names) : affinity(model);
  const topology: Topology = { regions, nodes: new Map(nodes.map((node) => [node.name, node])), pin: names };
  const decision = decider.decide({
    operation: "CREATE",
    group: "",
    resource: "pods",
    object,
    topology,
    plan: plan(names),
  });
  const terms = object.spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
    ?.nodeSelectorTerms as ModelTerm[] | undefined;
  return {
    decision,
    model: {
      ...(object.spec.nodeSelector ? { nodeSelector: object.spec.nodeSelector } : {}),
      ...(terms ? { terms } : {}),
    } as ModelSpec,
  };
}

describe("a pod that is called lawful", () => {
  test("is matched by no node outside the allowed regions, of those there are and of any that may join", () => {
    let lawful = 0;
    let reachable = 0;
    fc.assert(
      fc.property(
        spec,
        allowed,
        someNodes,
        laterNodes,
        fc.boolean(),
        (author, names, nodes, later, isPinned) => {
          const { decision, model } = submitted({ spec: author, allowed: names, nodes, isPinned });
          if (decision.verdict !== "allow") return;
          lawful++;
          for (const node of [...nodes, ...later]) {
            if (!schedulable(model, node)) continue;
            reachable++;
            const stands = "region" in node ? (node as NodeFacts).region : undefined;
            expect(names).toContain(stands ?? node.labels[vouched] ?? node.labels[region]);
          }
        },
      ),
      { numRuns: runs(6_000) },
    );
    expect(lawful).toBeGreaterThan(runs(300));
    expect(reachable).toBeGreaterThan(runs(300));
  });

  test("is not even tried, once pinned, on a node that lies about its region, nor on one nobody vouches for", () => {
    let reachable = 0;
    fc.assert(
      fc.property(spec, allowed, someNodes, liars, (author, names, nodes, later) => {
        const { decision, model } = submitted({ spec: author, allowed: names, nodes, isPinned: true });
        if (decision.verdict !== "allow") return;
        for (const node of [...nodes, ...later]) {
          if (!schedulable(model, node)) continue;
          reachable++;
          expect(names).toContain(node.labels[vouched]);
        }
      }),
      { numRuns: runs(6_000) },
    );
    expect(reachable).toBeGreaterThan(runs(300));
  });

  test("asked for no other region: had it not been pinned, no well-labelled node elsewhere would be named by it", () => {
    let blocked = 0;
    const naming: fc.Arbitrary<ModelSpec> = fc.record({
      terms: fc.array(
        fc.record({
          matchExpressions: fc
            .tuple(expression([region, vouched]), expression([region, vouched, zone]))
            .map((pair) => [...pair]),
        }),
        { minLength: 1, maxLength: 3 },
      ),
    });
    const ideal: ModelNode[] = regions.flatMap(({ name, zones }) =>
      zones.map((at) => ({
        name: `ideal-${at}`,
        labels: { [region]: name, [vouched]: name, [zone]: at, [hostname]: `ideal-${at}` },
      })),
    );
    fc.assert(
      fc.property(naming, allowed, someNodes, (author, names, nodes) => {
        const isPin = ({ key, operator, values = [] }: Expression) =>
          (key === region || key === vouched) &&
          operator === "In" &&
          [...values].sort().join() === names.join();
        fc.pre(!author.terms?.some((one) => one.matchExpressions?.some(isPin)));
        const { decision } = submitted({ spec: author, allowed: names, nodes, isPinned: true });
        const elsewhere = ideal.filter(
          (node) => !names.includes(node.labels[region] as string) && schedulable(author, node),
        );
        if (elsewhere.length > 0) {
          blocked++;
          expect(decision.verdict).toBe("block");
        }
      }),
      { numRuns: 2_000 },
    );
    expect(blocked).toBeGreaterThan(300);
  });
});

test("a pinned pod that speaks of no region, zone or node is always lawful", () => {
  const silent: fc.Arbitrary<ModelSpec> = fc.record(
    {
      terms: fc.array(fc.record({ matchExpressions: fc.array(expression(["disktype"]), { maxLength: 2 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(silent, allowed, someNodes, (author, names, nodes) => {
      expect(submitted({ spec: author, allowed: names, nodes, isPinned: true }).decision.verdict).toBe(
        "allow",
      );
    }),
    { numRuns: runs(300) },
  );
});

test("a pinned pod whose every alternative names allowed regions is always lawful", () => {
  const within = fc
    .tuple(allowed, fc.integer({ min: 1, max: 3 }))
    .chain(([names, count]) =>
      fc.tuple(
        fc.constant(names),
        fc.array(fc.shuffledSubarray(names, { minLength: 1 }), { minLength: count, maxLength: count }),
      ),
    );
  fc.assert(
    fc.property(within, someNodes, ([names, lists], nodes) => {
      const author = {
        terms: lists.map((values, index) => ({
          matchExpressions: [{ key: index % 2 === 0 ? region : vouched, operator: "In", values }],
        })),
      };
      expect(submitted({ spec: author, allowed: names, nodes, isPinned: true }).decision.verdict).toBe(
        "allow",
      );
      expect(submitted({ spec: author, allowed: names, nodes, isPinned: false }).decision.verdict).toBe(
        "allow",
      );
    }),
    { numRuns: runs(300) },
  );
});
