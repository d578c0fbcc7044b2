import { describe, expect, test } from "@jest/globals";
import { loadBundle } from "../src/bundle.ts";
import { createDecider, type Decision, pinned, placedKindAt } from "../src/index.ts";
import { hostname, named, one, plan, region, required, term, topology, vouched, zone } from "./topology.ts";

const decider = await createDecider(await loadBundle());
const pin = ["eu-west-1"];
const beta = "failure-domain.beta.kubernetes.io";

function pod(spec: Record<string, unknown>, { pin: isPinned = true, allowed = pin } = {}): Decision {
  const object = { metadata: { name: "p" }, spec };
  return decider.decide({
    operation: "CREATE",
    group: "",
    resource: "pods",
    object: isPinned ? pinned(object, allowed) : object,
    topology: topology(allowed),
    plan: plan(allowed),
  });
}

const two = ["eu-central-1", "eu-west-1"];

describe("a pinned pod is lawful when", () => {
  test.each<[string, Record<string, unknown>, string[]?]>([
    ["it says nothing", {}],
    ["it selects on labels that are silent about regions", { nodeSelector: { disktype: "ssd" } }],
    ["it names its region in a node selector", { nodeSelector: { [region]: "eu-west-1" } }],
    ["it names its region by the label nobody can forge", { nodeSelector: { [vouched]: "eu-west-1" } }],
    ["it states the pin itself", required(term(one(region, "In", ...pin), one(vouched, "In", ...pin)))],
    ["it names its region by the deprecated label", { nodeSelector: { [`${beta}/region`]: "eu-west-1" } }],
    ["it names a zone of its region", { nodeSelector: { [zone]: "eu-west-1b" } }],
    ["it names a zone by the deprecated label", { nodeSelector: { [`${beta}/zone`]: "eu-west-1b" } }],
    ["it names a host in its region", { nodeSelector: { [hostname]: "eu-host" } }],
    ["it names a node in its region by field", required(named("eu-node"))],
    ["it excludes every other region", required(term(one(region, "NotIn", "us-east-1", "eu-central-1")))],
    ["every alternative is allowed", required(term(one(zone, "In", "eu-west-1a")), named("eu-node"))],
    ["one alternative is empty, which matches no node", required({}, term(one(zone, "In", "eu-west-1a")))],
    [
      "two requirements together leave its region",
      required(term(one(region, "In", "eu-west-1", "us-east-1"), one(region, "NotIn", "us-east-1"))),
    ],
    [
      "its node selector narrows an alternative",
      { nodeSelector: { [region]: "eu-west-1" }, ...required(term(one("disktype", "In", "ssd"))) },
    ],
    ["it avoids one zone and no region whole", required(term(one(zone, "NotIn", "eu-west-1a")))],
    ["it avoids one machine and no region whole", required(term(one(hostname, "NotIn", "nowhere")))],
    ["it names one of two regions", required(term(one(region, "In", "eu-central-1"))), two],
    ["it names one of two by the label nobody can forge", required(term(one(vouched, "In", two[0]!))), two],
    ["it names both of two regions", required(term(one(region, "In", ...two))), two],
    [
      "alternatives name one region each",
      required(term(one(region, "In", "eu-west-1")), term(one(region, "In", "eu-central-1"))),
      two,
    ],
    [
      "it prefers another region, which binds nothing",
      {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: term(one(region, "In", "us-east-1")) },
            ],
          },
        },
      },
    ],
    ["it names an allowed node outright", { nodeName: "eu-node" }],
    [
      "fields are null, as absent ones may be",
      { nodeName: null, nodeSelector: null, affinity: { nodeAffinity: null } },
    ],
  ])("%s", (_, spec, allowed = pin) => {
    expect(pod(spec, { allowed })).toMatchObject({ verdict: "allow", reason: "WITHIN_REGIONS" });
  });
});

describe("a pinned pod is blocked as CROSS_REGION when", () => {
  test.each<[string, Record<string, unknown>, string[]]>([
    ["it names another region", { nodeSelector: { [region]: "us-east-1" } }, ["us-east-1"]],
    [
      "it names another region by the label nobody can forge, in a selector",
      { nodeSelector: { [vouched]: "us-east-1" } },
      ["us-east-1"],
    ],
    [
      "it names another region by the label nobody can forge, in a term",
      required(term(one(vouched, "In", "us-east-1"))),
      ["us-east-1"],
    ],
    [
      "its two labels name different regions",
      required(term(one(region, "In", "eu-west-1"), one(vouched, "In", "eu-west-1", "us-east-1"))),
      ["eu-west-1", "us-east-1"],
    ],
    [
      "it takes any region somebody vouches for",
      required(term(one(vouched, "Exists"))),
      ["eu-central-1", "eu-west-1", "us-east-1"],
    ],
    [
      "it names another region by the deprecated label",
      { nodeSelector: { [`${beta}/region`]: "us-east-1" } },
      ["us-east-1"],
    ],
    ["it names another region's zone", { nodeSelector: { [zone]: "us-east-1a" } }, ["us-east-1"]],
    [
      "it names another region's zone by the deprecated label",
      { nodeSelector: { [`${beta}/zone`]: "us-east-1a" } },
      ["us-east-1"],
    ],
    ["it names another region's host", { nodeSelector: { [hostname]: "us-host" } }, ["us-east-1"]],
    ["it names another region's node by field", required(named("us-node")), ["us-east-1"]],
    [
      "it names an allowed and another region in one list",
      required(term(one(region, "In", "eu-west-1", "us-east-1"))),
      ["eu-west-1", "us-east-1"],
    ],
    [
      "one of two alternatives names another region",
      required(term(one(zone, "In", "eu-west-1a")), term(one(region, "In", "us-east-1"))),
      ["eu-west-1", "us-east-1"],
    ],
    [
      "it takes any region",
      required(term(one(region, "Exists"))),
      ["eu-central-1", "eu-west-1", "us-east-1"],
    ],
    [
      "it excludes only one of several others",
      required(term(one(region, "NotIn", "us-east-1"))),
      ["eu-central-1", "eu-west-1"],
    ],
    [
      "it excludes its own zones, and so its own region",
      required(term(one(zone, "NotIn", "eu-west-1a", "eu-west-1b"))),
      ["eu-central-1", "us-east-1"],
    ],
    ["it takes any zone", required(term(one(zone, "Exists"))), ["eu-central-1", "eu-west-1", "us-east-1"]],
    [
      "its node selector and its affinity name different regions",
      { nodeSelector: { [region]: "us-east-1" }, ...required(term(one(zone, "In", "eu-west-1a"))) },
      ["eu-west-1", "us-east-1"],
    ],
    ["it names a foreign node outright", { nodeName: "us-node" }, ["us-east-1"]],
  ])("%s", (_, spec, requested) => {
    expect(pod(spec)).toMatchObject({ verdict: "block", reason: "CROSS_REGION", requested });
  });
});

describe("a pinned pod is blocked as unresolvable when", () => {
  test.each<[string, Record<string, unknown>, string]>([
    ["it names a region nobody registered", { nodeSelector: { [region]: "mars" } }, "REGION_UNRESOLVABLE"],
    ["it names a zone no Region lists", { nodeSelector: { [zone]: "mars-1a" } }, "REGION_UNRESOLVABLE"],
    ["it wants nodes without a region", required(term(one(region, "DoesNotExist"))), "REGION_UNRESOLVABLE"],
    [
      "it wants nodes nobody vouches for",
      required(term(one(vouched, "DoesNotExist"))),
      "REGION_UNRESOLVABLE",
    ],
    ["it wants nodes without a zone", required(term(one(zone, "DoesNotExist"))), "REGION_UNRESOLVABLE"],
    ["it compares regions as numbers", required(term(one(region, "Gt", "1"))), "REGION_UNRESOLVABLE"],
    ["it names a host nobody knows", { nodeSelector: { [hostname]: "nowhere" } }, "NODE_UNKNOWN"],
    ["it names a node nobody knows by field", required(named("nowhere")), "NODE_UNKNOWN"],
    ["it names a node nobody knows outright", { nodeName: "nowhere" }, "NODE_UNKNOWN"],
    ["it names a node nobody vouches for", { nodeName: "stray" }, "NODE_WITHOUT_REGION"],
    ["an operator does not exist", required(term(one(region, "in", "eu-west-1"))), "REGION_UNRESOLVABLE"],
    ["a field has the wrong type", { nodeSelector: [] }, "REGION_UNRESOLVABLE"],
    ["In has no values", required(term({ key: region, operator: "In", values: [] })), "REGION_UNRESOLVABLE"],
  ])("%s", (_, spec, reason) => {
    expect(pod(spec)).toMatchObject({ verdict: "block", reason });
  });

  test("it asks for what its author named, and not for the pin that was added beside it", () => {
    for (const spec of [{ nodeName: "nowhere" }, { nodeSelector: { [hostname]: "nowhere" } }])
      expect(pod(spec)).toMatchObject({ reason: "NODE_UNKNOWN", requested: ["unknown"] });
    expect(pod({ nodeSelector: { [region]: "us-east-1" } }).requested).toEqual(["us-east-1"]);
  });
});

describe("what is more than is read", () => {
  const many = (terms: number, expressions: number) =>
    required(
      ...Array.from({ length: terms }, (_, i) =>
        term(
          ...Array.from({ length: Math.floor((expressions + i) / terms) }, (_, j) =>
            one(`l-${j}`, "In", "x"),
          ),
        ),
      ),
    );
  const template = (spec: object, oldSpec?: object) => {
    const object = (podSpec: object) => ({ metadata: { name: "d" }, spec: { template: { spec: podSpec } } });
    return decider.decide({
      operation: oldSpec ? "UPDATE" : "CREATE",
      group: "apps",
      resource: "deployments",
      object: object(spec),
      oldObject: oldSpec && object(oldSpec),
      topology: topology(pin),
      plan: plan(pin),
    });
  };
  const limits = [
    [100, 100],
    [100, 1_000],
    [1, 1_000],
  ] as const;
  const beyond = [
    [101, 101],
    [100, 1_001],
    [1, 1_001],
    [1, 30_000],
  ] as const;

  test.each(limits)("%d terms with %d expressions are read", (terms, expressions) => {
    expect(pod(many(terms, expressions))).toMatchObject({ verdict: "allow", reason: "WITHIN_REGIONS" });
    expect(template(many(terms, expressions))).toMatchObject({ verdict: "allow" });
  });

  test.each(beyond)(
    "%d terms with %d expressions are refused, pinned or not, whatever else is said",
    (terms, expressions) => {
      for (const spec of [
        many(terms, expressions),
        { ...many(terms, expressions), nodeSelector: { [region]: "eu-west-1" } },
      ])
        for (const decision of [pod(spec), pod(spec, { pin: false }), template(spec)])
          expect(decision).toMatchObject({
            verdict: "block",
            reason: "TOO_MANY_TERMS",
            requested: ["unknown"],
            field: expect.stringMatching(/nodeSelectorTerms$/),
            detail: expect.stringContaining("more than"),
          });
    },
  );

  test("a template that says its region in each of as many terms as are read is lawful, as its pods are", () => {
    const own = [one(region, "In", ...pin), one(vouched, "In", ...pin)];
    const spec = required(
      ...Array.from({ length: 100 }, () =>
        term(...own, ...Array.from({ length: 10 }, () => one("l", "In", "x"))),
      ),
    );
    expect(template(spec)).toMatchObject({ verdict: "allow" });
    expect(pod(spec)).toMatchObject({ verdict: "allow" });
  });

  test("what is older than the limit may still be changed in other ways", () => {
    const old = many(500, 500);
    expect(template(old, old)).toMatchObject({ verdict: "allow", reason: "PLACEMENT_UNCHANGED" });
  });
});

describe("without the pin", () => {
  const bare = (spec: Record<string, unknown>) => pod(spec, { pin: false });
  test.each<[string, Record<string, unknown>]>([
    ["saying nothing is unconstrained", {}],
    [
      "a zone is unconstrained: its label may stand on a node of any region",
      { nodeSelector: { [zone]: "eu-west-1a" } },
    ],
    ["a host name is unconstrained", { nodeSelector: { [hostname]: "eu-host" } }],
    [
      "NotIn is unconstrained: it admits regions to come",
      required(term(one(region, "NotIn", "us-east-1", "eu-central-1"))),
    ],
    [
      "one alternative without a region is unconstrained",
      required(term(one(region, "In", "eu-west-1")), term(one("disktype", "In", "ssd"))),
    ],
    [
      "preferred affinity is unconstrained",
      { affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } },
    ],
  ])("%s", (_, spec) => {
    expect(bare(spec)).toMatchObject({ verdict: "block", reason: "REGION_UNCONSTRAINED" });
  });

  test.each([region, vouched])("%s binds", (label) => {
    expect(bare({ nodeSelector: { [label]: "eu-west-1" } }).verdict).toBe("allow");
    expect(bare(required(term(one(label, "In", "eu-west-1")))).verdict).toBe("allow");
    expect(bare(required(term(one(label, "In", "us-east-1"))))).toMatchObject({ reason: "CROSS_REGION" });
  });

  test("two terms may be bound by one label each", () => {
    const terms = required(term(one(region, "In", "eu-west-1")), term(one(vouched, "In", "eu-west-1")));
    expect(bare(terms).verdict).toBe("allow");
  });

  test("a node's name binds", () => {
    expect(bare(required(named("eu-node"))).verdict).toBe("allow");
  });

  test("the field of the alternative that names no region is told", () => {
    const decision = bare(required(term(one(region, "In", "eu-west-1")), term(one("disktype", "In", "ssd"))));
    expect(decision.field).toMatch(/nodeSelectorTerms\[1\]$/);
  });
});

test("an alternative without a region beside one that names a zone is blocked even when pinned", () => {
  const decision = pod(required(term(one(zone, "In", "eu-west-1a")), term(one("disktype", "In", "ssd"))));
  expect(decision).toMatchObject({ verdict: "block", reason: "REGION_UNCONSTRAINED" });
});

test("a pod pinned by an earlier version, by the topology label alone, is as lawful as ever", () => {
  expect(pod(required(term(one(region, "In", ...pin))), { pin: false })).toMatchObject({
    verdict: "allow",
    requested: pin,
  });
});

test("the alternative that names another region is told, wherever it stands", () => {
  const ssd = term(one("disktype", "In", "ssd"));
  const abroad = term(one(region, "In", "us-east-1"));
  for (const terms of [
    [ssd, abroad],
    [abroad, ssd],
  ])
    expect(pod(required(...terms))).toMatchObject({ reason: "CROSS_REGION", requested: ["us-east-1"] });
});

test("a pin to regions that are no longer allowed is no excuse", () => {
  const object = pinned({ spec: {} }, two);
  const decision = decider.decide({
    operation: "CREATE",
    group: "",
    resource: "pods",
    object,
    topology: topology(two),
    plan: plan(),
  });
  expect(decision).toMatchObject({ verdict: "block", reason: "CROSS_REGION", requested: two });
});

describe("templates", () => {
  const foreign = { nodeSelector: { [region]: "us-east-1" } };
  const inside = (spec: unknown) => ({ metadata: {}, spec });
  const kinds: [string, string, (spec: unknown) => object, string][] = [
    ["apps", "deployments", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    ["apps", "replicasets", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    ["apps", "statefulsets", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    ["apps", "daemonsets", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    ["batch", "jobs", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    ["", "replicationcontrollers", (spec) => ({ spec: { template: inside(spec) } }), "spec.template.spec"],
    [
      "batch",
      "cronjobs",
      (spec) => ({ spec: { jobTemplate: { spec: { template: inside(spec) } } } }),
      "spec.jobTemplate.spec.template.spec",
    ],
    ["", "podtemplates", (spec) => ({ template: inside(spec) }), "template.spec"],
  ];
  test.each(kinds)("in %s/%s are read where they are", (group, resource, wrap, base) => {
    const decide = (spec: unknown) =>
      decider.decide({
        operation: "CREATE",
        group,
        resource,
        object: wrap(spec),
        topology: topology(pin),
        plan: plan(),
      });
    expect(decide(foreign)).toMatchObject({
      verdict: "block",
      reason: "CROSS_REGION",
      requested: ["us-east-1"],
      field: `${base}.nodeSelector["${region}"]`,
    });
    expect(decide({ nodeName: "us-node" })).toMatchObject({ verdict: "block", field: `${base}.nodeName` });
    expect(decide({})).toMatchObject({ verdict: "allow", reason: "PLACEMENT_DEFERRED" });
    expect(decide({ nodeSelector: { [zone]: "eu-west-1a" } })).toMatchObject({
      verdict: "allow",
      reason: "WITHIN_REGIONS",
    });
  });

  test("a controller without a template places nothing yet", () => {
    const decision = decider.decide({
      operation: "CREATE",
      group: "",
      resource: "replicationcontrollers",
      object: { spec: {} },
      topology: topology(pin),
      plan: plan(),
    });
    expect(decision).toMatchObject({ verdict: "allow", reason: "PLACEMENT_DEFERRED" });
  });

  test("a pinned DaemonSet template is within the pin", () => {
    const object = pinned({ spec: { template: inside({}) } }, pin, ["spec", "template"]);
    const decision = decider.decide({
      operation: "CREATE",
      group: "apps",
      resource: "daemonsets",
      object,
      topology: topology(pin),
      plan: plan(),
    });
    expect(decision).toMatchObject({ verdict: "allow", reason: "WITHIN_REGIONS", requested: pin });
  });
});

describe("bindings, posted to the pod or to the legacy resource,", () => {
  const cases: [string, unknown, Partial<Decision>][] = [
    ["to a node in an allowed region pass", { kind: "Node", name: "eu-node" }, { verdict: "allow" }],
    [
      "with an empty kind are decided the same",
      { kind: "", name: "us-node" },
      { reason: "CROSS_REGION", requested: ["us-east-1"] },
    ],
    ["without a kind are decided the same", { name: "us-node" }, { reason: "CROSS_REGION", raw: "us-node" }],
    [
      "to a node nobody knows are blocked",
      { kind: "Node", name: "nowhere" },
      { verdict: "block", reason: "NODE_UNKNOWN" },
    ],
    [
      "to a node nobody vouches for are blocked, whatever its label says",
      { kind: "Node", name: "stray" },
      { verdict: "block", reason: "NODE_WITHOUT_REGION" },
    ],
    ["without a name are blocked", { kind: "Node" }, { verdict: "block", reason: "NODE_UNKNOWN" }],
    [
      "with a name that is no string are blocked",
      { name: ["eu-node"] },
      { verdict: "block", reason: "NODE_UNKNOWN" },
    ],
    [
      "to another kind are blocked",
      { kind: "VirtualNode", name: "eu-node" },
      { verdict: "block", reason: "REGION_UNRESOLVABLE" },
    ],
    ["without a target are blocked", undefined, { verdict: "block", reason: "NODE_UNKNOWN" }],
  ];
  const paths: [string, string | undefined][] = [
    ["pods", "binding"],
    ["bindings", undefined],
  ];
  test.each(cases)("%s", (_, target, expected) => {
    for (const [resource, subresource] of paths) {
      const object = { metadata: { name: "p", labels: { [region]: "eu-west-1" } }, target };
      const decision = decider.decide({
        operation: "CREATE",
        group: "",
        resource,
        subresource,
        object,
        topology: topology(pin),
        plan: plan(),
      });
      expect(decision).toMatchObject(expected);
    }
  });
});

describe("updates", () => {
  const update = (resource: string, object: object, oldObject: object, group = "") =>
    decider.decide({
      operation: "UPDATE",
      group,
      resource,
      object,
      oldObject,
      topology: topology(pin),
      plan: plan(),
    });
  const foreign = { nodeSelector: { [region]: "us-east-1" } };
  const deployment = (spec: object, rest: object = {}) => ({
    metadata: {},
    spec: { replicas: 3, template: { spec }, ...rest },
  });

  test("that leave placement alone pass, even where it is unlawful", () => {
    expect(
      update("deployments", deployment(foreign, { replicas: 0 }), deployment(foreign), "apps"),
    ).toMatchObject({ verdict: "allow", reason: "PLACEMENT_UNCHANGED" });
  });
  test("that change placement are decided", () => {
    expect(update("deployments", deployment(foreign), deployment({}), "apps")).toMatchObject({
      verdict: "block",
      reason: "CROSS_REGION",
    });
  });
  test("of objects on their way out pass", () => {
    const leaving = { deletionTimestamp: "2026-11-23T00:00:00Z" };
    const object = { metadata: leaving, spec: { template: { spec: foreign } } };
    expect(
      update("jobs", object, { metadata: leaving, spec: { template: { spec: {} } } }, "batch"),
    ).toMatchObject({ verdict: "allow", reason: "BEING_DELETED" });
  });
  test("cannot claim to be deletions on the way in", () => {
    const object = {
      metadata: { deletionTimestamp: "2026-11-23T00:00:00Z" },
      spec: { template: { spec: foreign } },
    };
    expect(update("jobs", object, { metadata: {}, spec: { template: { spec: {} } } }, "batch").verdict).toBe(
      "block",
    );
  });
  test("of a gated pod that takes a constraint later are decided", () => {
    expect(update("pods", { spec: { schedulingGates: [], ...foreign } }, { spec: {} })).toMatchObject({
      verdict: "block",
      reason: "CROSS_REGION",
    });
  });
  test("that only add the pin are no change", () => {
    const old = { spec: { template: { spec: foreign } } };
    expect(update("daemonsets", pinned(old, pin, ["spec", "template"]), old, "apps").reason).toBe(
      "PLACEMENT_UNCHANGED",
    );
  });
  test("that add what an earlier version's pin did not have are no change, even where placement is unlawful", () => {
    const before = (spec: object) => ({ spec: { template: { spec } } });
    const abroad = one(zone, "In", "us-east-1a");
    for (const spec of [
      required(term(one(region, "In", ...pin))),
      required(term(abroad, one(region, "In", ...pin)), term(one("disktype", "In", "ssd"))),
      { ...required({}, term(abroad)), ...foreign },
    ]) {
      const old = before(spec);
      const now = pinned(old, pin, ["spec", "template"]);
      expect(update("daemonsets", now, old, "apps").reason).toBe("PLACEMENT_UNCHANGED");
    }
  });
  test("that take the pin, or half of it, away from a pod are decided", () => {
    const whole = pinned({ spec: {} }, pin);
    expect(update("pods", { spec: {} }, whole)).toMatchObject({
      verdict: "block",
      reason: "REGION_UNCONSTRAINED",
    });
    const half = { spec: required(term(one(region, "In", ...pin))) };
    expect(update("pods", half, whole).reason).toBe("WITHIN_REGIONS");
  });
  test("that reorder values or change silent labels are no change", () => {
    const before = {
      spec: required(term(one(region, "In", "us-east-1", "eu-west-1"), one("disktype", "In", "ssd"))),
    };
    const after = {
      spec: required(term(one("disktype", "In", "hdd"), one(region, "In", "eu-west-1", "us-east-1"))),
    };
    expect(update("pods", after, before).reason).toBe("PLACEMENT_UNCHANGED");
  });
});

test("status, ephemeral containers, resize and eviction place nothing", () => {
  for (const subresource of ["status", "ephemeralcontainers", "resize", "eviction", "log"])
    expect(placedKindAt("", "pods", subresource)).toBeUndefined();
});
