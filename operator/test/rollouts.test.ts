import type { KubeObject } from "@companyos/kube";
import { isControlled, maxOwners, type Plan, placedKinds } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import {
  isDone,
  isProgress,
  lingering,
  nextOf,
  paceOf,
  rolloutStatus,
  type Standing,
  standingOf,
} from "../src/rollouts/due.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import { nextState, pinOf } from "../src/rollouts/state.ts";
import { brought, isNowhere, isRight, mergePatch, pinPatch } from "../src/rollouts/template.ts";
import { reachable } from "../src/rollouts/volumes.ts";
import { isRolled, slimWorkload, type Workload } from "../src/rollouts/workload.ts";

const kindOf = (name: string) => rolledKinds.find(({ resource }) => resource.kind === name)!;
const deployments = kindOf("Deployment");
const path = ["spec", "template"];
const vouched = "node-restriction.kubernetes.io/residency-region";
const [t0, t1] = ["2026-11-27T00:00:00Z", "2026-11-27T01:00:00Z"];

function deployment(name: string, podSpec: object, more: object = {}): KubeObject {
  return {
    metadata: { name, namespace: "acme", uid: name, generation: 2 },
    spec: { replicas: 2, template: { spec: podSpec } },
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    ...more,
  };
}

describe("what begins rollouts", () => {
  const plan = (
    mode: Plan["mode"],
    ...regions: string[]
  ): Pick<Plan, "mode" | "regions" | "digest" | "topologyPinned"> => ({
    mode,
    regions,
    digest: `${mode} ${regions}`,
  });
  const from = (
    old: ReturnType<typeof nextState> | undefined,
    to: ReturnType<typeof plan>,
    adopted: string[] = [],
  ) => nextState(old, to, ["acme", ...adopted], new Set(adopted), t1);
  const enforced = nextState(undefined, plan("Enforce", "eu"), ["acme"], new Set(), t0);

  test("nothing that stands when the operator first looks, as after an upgrade", () => {
    expect(enforced).not.toHaveProperty("since");
    expect(from(undefined, plan("Enforce", "eu"), ["old"])).not.toHaveProperty("since");
  });

  test.each([
    ["another region", plan("Enforce", "us")],
    ["a region more", plan("Enforce", "eu", "us")],
    ["the end of Enforce", plan("Audit", "eu")],
  ])("%s", (_, to) => {
    expect(from(enforced, to)).toMatchObject({ since: t1, planDigest: to.digest });
  });

  test("Enforce, and no other change of mode or of regions that are not enforced", () => {
    const audited = from(undefined, plan("Audit", "eu"));
    expect(from(audited, plan("Warn", "us"))).not.toHaveProperty("since");
    expect(from(audited, plan("Enforce", "eu"))).toMatchObject({ since: t1, regions: ["eu"] });
  });

  test("more namespaces than a status names: those that were handed over are among them, and none joins twice", () => {
    const many = (start: string, count: number) => Array.from({ length: count }, (_, i) => `${start}${i}`);
    const looked = (before: typeof enforced | undefined, others: string[], adopted: string[]) =>
      nextState(before, plan("Enforce", "eu"), [...others, ...adopted], new Set(adopted), t1);
    const first = looked(undefined, many("a", 3000), ["old"]);
    expect(first.namespaces).toHaveLength(1024);
    expect(first.namespaces).toContain("old");
    expect(looked(first, many("a", 3000), ["old"])).toEqual(first);
    expect(looked(first, many("a", 3000), ["old", "older"])).toMatchObject({ since: t1 });
    const full = looked(undefined, [], many("old", 1500));
    expect(looked(full, [], many("old", 1500))).toEqual(full);
  });

  test("a namespace that was handed over", () => {
    expect(from(enforced, plan("Enforce", "eu"), ["old"])).toMatchObject({ since: t1 });
    expect(nextState(enforced, plan("Enforce", "eu"), ["acme", "new"], new Set(), t1)).not.toHaveProperty(
      "since",
    );
  });

  test("a namespace that was handed over before the operator first looked, but not before this release", () => {
    const first = (wasKnown: boolean) =>
      nextState(undefined, plan("Enforce", "eu"), ["acme", "old"], new Set(["old"]), t1, { wasKnown });
    expect(first(false)).toMatchObject({ since: t1 });
    expect(first(true)).not.toHaveProperty("since");
    expect(nextState(undefined, plan("Enforce", "eu"), ["acme"], new Set(), t1, { wasKnown: false })).toEqual(
      enforced,
    );
  });

  test("a Region that goes by another label, either way", () => {
    const byTopology = { ...plan("Enforce", "eu"), topologyPinned: ["eu"], digest: "by topology" };
    const moved = from(enforced, byTopology);
    expect(moved).toMatchObject({ since: t1, topologyPinned: ["eu"] });
    expect(from({ ...moved, since: t0, finished: t0 }, plan("Enforce", "eu"))).toEqual({
      ...enforced,
      since: t1,
    });
    // What an earlier release noted says of no label: whatever it is, it stands.
    const { topologyPinned: _, ...older } = enforced;
    expect(from(older, byTopology)).toEqual({
      ...enforced,
      topologyPinned: ["eu"],
      planDigest: "by topology",
    });
    // In Audit no template bears any.
    const audited = from(undefined, plan("Audit", "eu"));
    expect(from(audited, { ...plan("Audit", "eu"), topologyPinned: ["eu"] })).not.toHaveProperty("since");
  });

  test("templates that were made while no region was allowed, once one is", () => {
    const none = from(enforced, plan("Enforce"));
    const back = (old: typeof none) =>
      nextState(old, plan("Enforce", "eu"), ["acme"], new Set(), t1, { nowhere: true });
    expect(nextState(enforced, plan("Enforce"), ["acme"], new Set(), t1, { nowhere: true })).toEqual(none);
    expect(back(none)).toMatchObject({ since: t1 });
    // It has begun: one that is held begins it no second time.
    expect(back({ ...none, since: t0 })).toMatchObject({ since: t0 });
    expect(back({ ...none, since: t0, finished: t0 })).toEqual({ ...enforced, since: t1 });
  });

  test("and what was finished stays so, in whatever release it began", () => {
    const done = { ...enforced, since: t0, finished: t0 };
    expect(from(done, plan("Enforce", "eu"))).toEqual(done);
    expect(from({ ...enforced, since: t0 }, plan("Enforce", "eu"))).toEqual({ ...enforced, since: t0 });
    const { topologyPinned: _, ...older } = { ...enforced, since: t0 };
    expect(nextState({ ...older, left: 0 }, plan("Enforce", "eu"), ["acme"], new Set(), t1)).toEqual({
      ...done,
      finished: t1,
    });
    // Under way: until it is through, templates are right by either label.
    const under = nextState({ ...older, left: 1 }, plan("Enforce", "eu"), ["acme"], new Set(), t1);
    expect(under).toEqual(older);
    expect(pinOf(under, {})).toMatchObject({ byAnyLabel: true });
    expect(pinOf(done, {})).toMatchObject({ byAnyLabel: false });
  });

  test("not the loss of every region: that would end every pod", () => {
    const none = from(enforced, plan("Enforce"));
    expect(none).toEqual({ ...enforced, planDigest: "Enforce " });
    expect(from(none, plan("Enforce", "eu"))).toEqual(enforced);
  });

  test("nothing else: the same regions in another order, a new home", () => {
    const two = from(undefined, plan("Enforce", "eu", "us"));
    expect(from(two, { ...plan("Enforce", "us", "eu"), digest: "other" })).not.toHaveProperty("since");
  });
});

describe("a template", () => {
  test("pinned to exactly the regions is right, in whatever form", () => {
    const old = (...values: string[]) => ({
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [
              {
                matchExpressions: ["topology.kubernetes.io/region", vouched].map((key) => ({
                  key,
                  operator: "In",
                  values,
                })),
              },
            ],
          },
        },
      },
    });
    expect(isRight(deployment("a", old("eu")), path, { regions: ["eu"] })).toBe(true);
    expect(isRight(deployment("a", old("eu")), path, { regions: ["eu", "us"] })).toBe(false);
    expect(isRight(deployment("a", { nodeSelector: { [vouched]: "eu" } }), path, { regions: ["eu"] })).toBe(
      true,
    );
    expect(isRight(deployment("a", {}), path, { regions: ["eu"] })).toBe(false);
    expect(isRight(deployment("a", {}), path, undefined)).toBe(true);
    expect(isRight(deployment("a", old("eu")), path, undefined)).toBe(false);
  });

  test("pinned by another label than the Region goes by is not, unless nobody asked for another", () => {
    const byVouched = deployment("a", { nodeSelector: { [vouched]: "eu" } });
    const byTopology = brought(deployment("a", {}), path, { regions: ["eu"], topologyPinned: ["eu"] });
    const topologyPinned = ["eu"];
    expect(isRight(byTopology, path, { regions: ["eu"], topologyPinned })).toBe(true);
    expect(isRight(byTopology, path, { regions: ["eu"] })).toBe(false);
    expect(isRight(byVouched, path, { regions: ["eu"], topologyPinned })).toBe(false);
    expect(isRight(byVouched, path, { regions: ["eu"], topologyPinned, byAnyLabel: true })).toBe(true);
    expect(isRight(byVouched, path, { regions: ["eu", "us"], byAnyLabel: true })).toBe(false);
  });

  test("leads nowhere where it was pinned to no region", () => {
    const none = "residency.companyos.io-none";
    expect(isNowhere(deployment("a", { nodeSelector: { [vouched]: none } }), path)).toBe(true);
    // The mark of a pin by topology names the same value.
    expect(
      isNowhere(brought(deployment("a", {}), path, { regions: ["eu"], topologyPinned: ["eu"] }), path),
    ).toBe(false);
    expect(isNowhere(deployment("a", { nodeSelector: { [vouched]: "eu" } }), path)).toBe(false);
  });

  test("is changed where the pin is and nowhere else", () => {
    const affinity = { podAffinity: { x: 1 } };
    const own = deployment("a", { nodeSelector: { disktype: "ssd" }, affinity });
    const there = brought(own, path, { regions: ["eu"] });
    expect(isRight(there, path, { regions: ["eu"] })).toBe(true);
    expect(there.spec.template.spec).toMatchObject({ nodeSelector: { disktype: "ssd" }, affinity });
    expect(brought(there, path, undefined)).toEqual(own);
    expect(brought(there, path, { regions: ["us"] })).toEqual(brought(own, path, { regions: ["us"] }));
    const live = { ...there, metadata: { ...there.metadata, resourceVersion: "7" } };
    const metadata = { uid: "a", resourceVersion: "7" };
    expect(pinPatch(live, path, undefined)).toEqual({
      metadata,
      spec: { template: { spec: { nodeSelector: { [vouched]: null } } } },
    });
    // The pin is admission's to put in: whoever writes a field of the template owns it.
    expect(pinPatch(live, path, { regions: ["us"] })).toEqual({
      metadata: { ...metadata, annotations: { "residency.companyos.io/repin": "7" } },
    });
    expect(mergePatch(there, there)).toBeUndefined();
    expect(mergePatch({ a: { b: 1, c: [1] } }, { a: { c: [2] } })).toEqual({ a: { b: null, c: [2] } });
  });
});

test("every kind that is pinned when its template changes is rolled, there and whoever made it as the pin says", () => {
  const pinned = placedKinds.filter(({ pinnedOn }) => pinnedOn?.includes("UPDATE"));
  const named = (kind: string, path: readonly string[] = [], anybodys = false) =>
    `${kind} ${path.join(".")}${anybodys ? " whoever made it" : ""}`;
  expect(
    rolledKinds.map(({ resource, path, whoeverMadeIt }) => named(resource.kind, path, whoeverMadeIt)).sort(),
  ).toEqual(
    pinned
      .map(({ kind, template, pinnedThoughOwned }) => named(kind, template?.path, pinnedThoughOwned))
      .sort(),
  );
});

describe("whose template it is", () => {
  const madeBy = (controller: boolean) => ({
    metadata: {
      name: "a",
      ownerReferences: [{ apiVersion: "x/v1", kind: "X", name: "x", uid: "u", controller }],
    },
  });

  test("what a controller made is that controller's, but for DaemonSets", () => {
    expect(isRolled(deployments, madeBy(true))).toBe(false);
    expect(isRolled(deployments, madeBy(false))).toBe(true);
    expect(isRolled(kindOf("DaemonSet"), madeBy(true))).toBe(true);
  });

  test("is still known of what is kept of it", () => {
    const many = Array.from({ length: maxOwners + 1 }, () => madeBy(false).metadata.ownerReferences[0]!);
    const crowded = { metadata: { name: "a", ownerReferences: many } };
    for (const object of [madeBy(true), madeBy(false), crowded, { metadata: { name: "a" } }])
      for (const kind of rolledKinds)
        expect(isRolled(kind, slimWorkload(kind, object))).toBe(isRolled(kind, object));
    expect([madeBy(true), madeBy(false), crowded].map(isControlled)).toEqual([true, false, true]);
  });

  test("what is kept of it is enough, and no more", () => {
    const whole = deployment("a", { containers: [{ image: "secret" }], nodeSelector: { a: "b" } });
    const slim = slimWorkload(deployments, whole);
    expect(JSON.stringify(slim)).not.toContain("secret");
    expect(slim.spec.template.spec).toEqual({ nodeSelector: { a: "b" } });
    expect(deployments.progress(slim)).toEqual(deployments.progress(whole));
    const cron = kindOf("CronJob");
    const jobTemplate = { spec: { template: { spec: { nodeSelector: { a: "b" } } } } };
    expect(slimWorkload(cron, { metadata: { name: "c" }, spec: { jobTemplate } }).spec.jobTemplate).toEqual(
      jobTemplate,
    );
  });
});

describe("how far it is", () => {
  const state = { planDigest: "d", regions: ["eu"], since: t0, namespaces: ["acme"] };
  const right = { nodeSelector: { [vouched]: "eu" } };
  const workload = (object: KubeObject): Workload => ({ kind: deployments, object });
  const standing = (object: KubeObject) => standingOf(workload(object), { regions: ["eu"] }, () => undefined);

  test.each<[string, KubeObject, Standing["is"]]>([
    ["due", deployment("a", {}), "due"],
    ["available", deployment("a", right), "available"],
    [
      "moved, not available",
      deployment("a", right, { status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2 } }),
      "moved",
    ],
    [
      "rolling: its controller has not seen it",
      deployment("a", right, {
        status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
      }),
      "rolling",
    ],
    [
      "rolling: an old pod is left",
      deployment("a", right, {
        status: { observedGeneration: 2, replicas: 3, updatedReplicas: 2, availableReplicas: 3 },
      }),
      "rolling",
    ],
  ])("%s", (_, object, is) => {
    expect(standing(object).is).toBe(is);
  });

  test("a DaemonSet has moved when no pod is left where it should not be", () => {
    const { progress } = kindOf("DaemonSet");
    const of = (status: object) =>
      progress({ metadata: { generation: 1 }, status: { observedGeneration: 1, ...status } });
    const counts = { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 };
    expect(of(counts)).toMatchObject({ moved: true, available: true });
    expect(of({ ...counts, numberMisscheduled: 1 }).moved).toBe(false);
    expect(of({ ...counts, updatedNumberScheduled: 1 }).moved).toBe(false);
  });

  test("those whose pods nobody replaces say so", () => {
    const onDelete = { spec: { replicas: 2, updateStrategy: { type: "OnDelete" } }, metadata: {} };
    expect(kindOf("StatefulSet").progress(onDelete).holds?.reason).toBe("OnDelete");
    const paused = deployment("a", right);
    expect(deployments.progress({ ...paused, spec: { ...paused.spec, paused: true } }).holds?.reason).toBe(
      "Paused",
    );
  });

  test("as many as the pace allows are next, those in flight counted", () => {
    expect([paceOf(0), paceOf(12), paceOf(120)]).toEqual([10, 10, 30]);
    const many = Array.from({ length: 120 }, (_, i) => standing(deployment(`d-${i}`, {})));
    expect(nextOf(many, 0)).toHaveLength(30);
    expect(nextOf(many, 25)).toHaveLength(5);
    expect(nextOf(many, 40)).toHaveLength(0);
    const held = { reason: "Refused", message: "no" };
    expect(nextOf([{ ...many[0]!, held }, many[1]!], 0)).toEqual([many[1]!.workload]);
  });

  test("the status names those that a person must look at first, and no more than fit", () => {
    const held = { ...standing(deployment("stuck", {})), held: { reason: "VolumeElsewhere", message: "…" } };
    const many = Array.from({ length: 60 }, (_, i) => standing(deployment(`d-${i}`, {})));
    const status = rolloutStatus(state, [...many, held, standing(deployment("done", right))]);
    expect(status).toMatchObject({ workloads: 62, left: 61, since: t0 });
    expect(status.waiting).toHaveLength(50);
    expect(status.waiting![0]).toMatchObject({ name: "stuck", reason: "VolumeElsewhere" });
    expect(rolloutStatus(state, [])).not.toHaveProperty("waiting");
    expect(rolloutStatus(state, many, 7)).toMatchObject({ place: 7 });
  });

  test("those that ask for another region come before all others: a scale is warned about by them", () => {
    const refused = Array.from({ length: 50 }, (_, i) => ({
      ...standing(deployment(`r-${i}`, {})),
      held: { reason: "Refused", message: "…" },
    }));
    const abroad = {
      ...standing(deployment("abroad", {})),
      held: { reason: "AsksElsewhere", message: "…" },
    };
    expect(rolloutStatus(state, [...refused, abroad]).waiting![0]).toMatchObject({ name: "abroad" });
  });

  describe("is told a moment later", () => {
    const told = (left: number, ...more: Standing[]) =>
      rolloutStatus(state, [
        ...Array.from({ length: left }, (_, i) => standing(deployment(`d-${i}`, {}))),
        ...more,
      ]);
    const held = { ...standing(deployment("stuck", {})), held: { reason: "VolumeElsewhere", message: "…" } };

    test("where it says only that less of the same is left", () => {
      expect(isProgress(told(3), told(2))).toBe(true);
      // What is named of 60 may be others of them.
      expect(isProgress(told(60), { ...told(51), waiting: told(60).waiting!.slice(40) })).toBe(true);
      expect(isProgress(told(3, held), told(2, held))).toBe(true);
      const pods = { ...told(1).waiting![0]!, reason: "RollingOut" };
      expect(isProgress(told(1), { ...told(1), waiting: [pods] })).toBe(true);
    });

    test("not the end, what a person must look at, what was asked anew, or what is new among it", () => {
      expect(isProgress(told(1), told(0))).toBe(false);
      expect(isProgress(told(3), told(2, held))).toBe(false);
      expect(isProgress(told(2, held), told(2, { ...held, held: { ...held.held, message: "?" } }))).toBe(
        false,
      );
      expect(isProgress(told(2), told(3))).toBe(false);
      expect(isProgress(told(2), told(1, standing(deployment("new", {}))))).toBe(false);
      const [first, second] = told(2).waiting!;
      expect(isProgress(told(2), { ...told(2), waiting: [{ ...first!, asked: true }, second!] })).toBe(false);
      expect(isProgress(told(2), { ...told(1), since: t1 })).toBe(false);
      expect(isProgress(told(2), { ...told(1), place: 1 })).toBe(false);
    });
  });

  test("what failed before takes no place from what was not tried", () => {
    const held = { reason: "Refused", message: "no" };
    const many = Array.from({ length: 12 }, (_, i) => ({
      ...standing(deployment(`d-${i}`, {})),
      ...(i < 10 ? { held, again: true } : {}),
    }));
    const next = nextOf(many, 0).map(({ object }) => object.metadata.name);
    expect(next).toEqual(["d-10", "d-11", "d-0", "d-1"]);
    expect(nextOf(many, 0, 1)).toHaveLength(3);
    expect(nextOf(many, 9)).toHaveLength(1);
  });

  describe("it is finished", () => {
    const paused = {
      ...standing(deployment("paused", right, { status: {} })),
      held: { reason: "Paused", message: "…", given: true as const },
    };

    test("once no template is left to be changed, whoever's pods are", () => {
      expect(isDone([standing(deployment("done", right)), paused])).toBe(true);
      expect(isDone([standing(deployment("due", {}))])).toBe(false);
      const held = { reason: "Refused", message: "no" };
      expect(isDone([{ ...standing(deployment("due", {})), held }])).toBe(false);
      const given = { ...held, reason: "Undone", given: true as const };
      expect(isDone([{ ...standing(deployment("due", {})), held: given }])).toBe(true);
      const nowhere = { nodeSelector: { [vouched]: "residency.companyos.io-none" } };
      expect(isDone([{ ...standing(deployment("due", nowhere)), held: given }])).toBe(false);
    });

    test("and of what was left then, the status says what is left now, and nothing of what comes later", () => {
      const last = rolloutStatus({ ...state, finished: t1 }, [paused]);
      const later = [
        paused,
        standing(deployment("own", {})),
        standing(deployment("own-2", right, { status: {} })),
      ];
      expect(rolloutStatus(state, lingering(later, last))).toMatchObject({
        workloads: 3,
        left: 1,
        waiting: [{ name: "paused", reason: "Paused" }],
      });
      const over = rolloutStatus(state, lingering([standing(deployment("paused", right))], last));
      expect(over.left).toBe(0);
      expect(rolloutStatus(state, lingering(later, over)).left).toBe(0);
    });
  });
});

describe("a volume", () => {
  const volume = (...nodeSelectorTerms: object[]) => ({
    metadata: { name: "v" },
    spec: { nodeAffinity: { required: { nodeSelectorTerms } } },
  });
  const zoneKey = "topology.kubernetes.io/zone";
  const nodeIn = (region: string, labels: Record<string, string> = {}) => ({
    name: `${region}-1`,
    region,
    labels: { [zoneKey]: `${region}-a`, ...labels },
  });
  const on = (key: string, ...values: string[]) => ({ key, operator: "In", values });
  const term = (...matchExpressions: object[]) => ({ matchExpressions });
  const zone = (value: string) => term(on(zoneKey, value));
  const regions = ["eu", "us"].map((name) => ({
    name,
    jurisdiction: name,
    zones: [`${name}-a`, `${name}-b`],
  }));
  const without = regions.map((region) => ({ ...region, zones: [] }));
  const places = (...nodes: ReturnType<typeof nodeIn>[]) => ({ nodes, regions });
  const reached = (object: KubeObject, ...nodes: ReturnType<typeof nodeIn>[]) =>
    reachable(object, ["eu"], places(...nodes));

  test("can be reached where one of its terms matches a node", () => {
    const node = nodeIn("eu");
    expect(reached(volume(zone("us-a")), node)).toBe(false);
    expect(reached(volume(zone("us-a"), zone("eu-a")), node)).toBe(true);
    expect(reached(volume({ matchFields: [on("metadata.name", "eu-1")] }), node)).toBe(true);
    expect(reached(volume({}), node)).toBe(false);
    expect(reached({ metadata: {}, spec: {} })).toBe(true);
  });

  test("can be reached by the next node of a pool at zero: of a region, or of a zone that it lists", () => {
    const abroad = nodeIn("us");
    for (const key of [
      "topology.kubernetes.io/region",
      "failure-domain.beta.kubernetes.io/region",
      vouched,
    ]) {
      expect(reached(volume(term(on(key, "eu"))), abroad)).toBe(true);
      expect(reached(volume(term(on(key, "us"))), abroad)).toBe(false);
    }
    for (const at of [zone("eu-a"), zone("eu-b")]) expect(reached(volume(at), abroad)).toBe(true);
    expect(reached(volume(zone("us-b")), abroad)).toBe(false);
    // The other zone has nodes.
    expect(reached(volume(zone("eu-b")), nodeIn("eu"))).toBe(true);
    expect(reached(volume(term(on(zoneKey, "eu-a"), on("disk", "ssd"))), nodeIn("eu"))).toBe(false);
    expect(reachable(volume(zone("eu-c")), ["eu"], { nodes: [abroad], regions: without })).toBe(true);
    expect(reachable(volume(zone("us-a")), ["eu"], { nodes: [abroad], regions: without })).toBe(false);
  });

  test("a driver's own label tells where a node has it; else nobody is held up by what nobody knows", () => {
    const own = "topology.ebs.csi.aws.com/zone";
    const abroad = nodeIn("us", { [own]: "us-a" });
    expect(reached(volume(term(on(own, "us-a"))), abroad)).toBe(false);
    expect(reached(volume(term(on(own, "eu-a"))), abroad)).toBe(true);
    expect(reached(volume(term(on("kubernetes.io/hostname", "gone"))), abroad)).toBe(true);
  });
});
