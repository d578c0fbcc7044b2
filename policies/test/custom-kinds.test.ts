import { expect, test } from "@jest/globals";
import { loadBundle } from "../src/bundle.ts";
import { createDecider, customKinds, placedKind, placedKindAt, placedKinds } from "../src/index.ts";
import { plan, region, topology } from "./topology.ts";

const decider = await createDecider(await loadBundle());
const to = (place: string) => ({ template: { spec: { nodeSelector: { [region]: place } } } });
const cluster = (...workers: unknown[]) => ({
  spec: { headGroupSpec: to("eu-west-1"), workerGroupSpecs: workers },
});

const decided = (object: object, oldObject?: object) =>
  decider.decide({
    operation: oldObject ? "UPDATE" : "CREATE",
    group: "ray.io",
    resource: "rayclusters",
    object,
    oldObject,
    topology: topology(["eu-west-1"]),
    plan: plan(["eu-west-1"]),
  });

test("each custom kind is found by its resource and by its name, and is no built-in one", () => {
  for (const kind of customKinds) {
    expect(placedKindAt(kind.group, kind.resource)).toBe(kind);
    expect(placedKind(kind.group, kind.kind)).toBe(kind);
    expect(kind.podSpecs?.length).toBeGreaterThan(0);
    expect(placedKinds.map(({ group }) => group)).not.toContain(kind.group);
  }
  const names = customKinds.map(({ group, resource }) => `${resource}.${group}`);
  expect(new Set(names).size).toBe(names.length);
});

test("one of many templates that leads abroad is enough, and it is named", () => {
  expect(decided(cluster(to("eu-west-1"), to("us-east-1")))).toMatchObject({
    verdict: "block",
    reason: "CROSS_REGION",
    field: `spec.workerGroupSpecs[1].template.spec.nodeSelector["${region}"]`,
    requested: ["eu-west-1", "us-east-1"],
  });
  expect(decided(cluster(to("eu-west-1")))).toMatchObject({ verdict: "allow", reason: "WITHIN_REGIONS" });
  expect(decided(cluster({}))).toMatchObject({ verdict: "allow" });
});

test("templates that say nothing leave it to the pods, beside nothing else", () => {
  expect(decided({ spec: {} })).toMatchObject({ verdict: "allow", reason: "PLACEMENT_DEFERRED" });
  for (const spec of [undefined, null, 7, [], "none"])
    expect(decided({ spec })).toMatchObject({ verdict: "allow", reason: "PLACEMENT_DEFERRED" });
});

test("an update moves something where a pod spec in it moved, came, or stands elsewhere", () => {
  const before = cluster(to("us-east-1"));
  const replicas = {
    ...before,
    spec: { ...before.spec, workerGroupSpecs: [{ ...to("us-east-1"), replicas: 3 }] },
  };
  expect(decided(replicas, before)).toMatchObject({ verdict: "allow", reason: "PLACEMENT_UNCHANGED" });
  expect(decided(cluster(to("us-east-1"), to("us-east-1")), before)).toMatchObject({
    reason: "CROSS_REGION",
  });
  expect(decided(cluster(to("us-east-1")), cluster(to("eu-west-1")))).toMatchObject({
    reason: "CROSS_REGION",
  });
});

test("more pod specs than can be meant are not read, and refused", () => {
  const many = cluster(...Array(100_000).fill(to("eu-west-1")));
  expect(decided(many)).toMatchObject({ verdict: "block", reason: "REGION_UNRESOLVABLE" });
  // One that is older than its policy can still be scaled.
  expect(decided({ ...many, metadata: { labels: {} } }, many)).toMatchObject({
    reason: "PLACEMENT_UNCHANGED",
  });
});
