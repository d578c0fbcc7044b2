/** What a Tenant's status says of pods that run where the tenant may not: at once when it begins, and then it comes to rest. */
import type { KubeObject, OwnerReference } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import type { RecordedPlacement } from "../src/placements/event.ts";
import { byMaker } from "../src/placements/named.ts";
import { type FoundOutside, Outside } from "../src/placements/outside.ts";
import { seenPod, slimPod } from "../src/placements/pod.ts";
import { shownCount } from "../src/placements/shown-count.ts";
import {
  freshNote,
  holdMs,
  mostPauseMs,
  nextTold,
  pauseMs,
  type ToldOutside,
} from "../src/placements/told.ts";

const now = Date.UTC(2026, 10, 28, 12);
const plan = { regions: ["eu-west-1"], mode: "Audit" } as const;
const none: FoundOutside = { pods: 0, regions: [] };
const some = (pods: number, ...regions: string[]) => ({
  pods,
  regions: regions.length > 0 ? regions : ["us-east-1"],
});

/** Tells, and gives what is told then. */
function told(found: FoundOutside, before: ToldOutside = {}, of: Parameters<typeof nextTold>[2] = plan) {
  const next = nextTold(before, found, of, { now, elapsed: 1e9, insideSince: 0 });
  if (!next || !("write" in next)) throw new Error(`nothing to write: ${JSON.stringify(next)}`);
  return next.write;
}
const conditionOf = ({ conditions }: ToldOutside) => conditions![0]!;

describe("what is outside", () => {
  const at = (region: string, more: Partial<RecordedPlacement> = {}): RecordedPlacement => ({
    state: "observed",
    rid: "r",
    tenantUid: "acme",
    node: "n",
    home: "eu-west-1",
    decision: "audit",
    region,
    ...more,
  });

  test("is counted by tenant and region, whatever let it, until it ends", () => {
    const outside = new Outside();
    expect([
      outside.note("a", at("us-east-1")),
      outside.note("b", at("unknown", { decision: "block" })),
      outside.note("c", at("us-east-1")),
      outside.note("d", at("us-east-1", { tenantUid: "globex", decision: "warn" })),
      outside.note("e", at("eu-west-1", { decision: "allow" })),
      // Of releases that wrote no decision.
      outside.note("f", at("eu-west-1", { decision: undefined } as object)),
    ]).toEqual([true, true, true, true, false, false]);
    expect(outside.of("acme")).toEqual({ pods: 3, regions: ["unknown", "us-east-1"] });
    expect([...outside.tenants()]).toEqual(["acme", "globex"]);
    // Whose end a log that is away has not got yet runs no more for that.
    expect(outside.note("b", at("unknown", { decision: "block", state: "ending" }))).toBe(true);
    outside.note("c", undefined);
    expect(outside.note("a", at("us-east-1", { decision: "block" }))).toBe(false);
    expect(outside.of("acme")).toEqual({ pods: 1, regions: ["us-east-1"] });
  });

  test("goes with its namespace to another tenant", () => {
    const outside = new Outside();
    outside.note("a", at("us-east-1"));
    outside.note("a", at("us-east-1", { tenantUid: "globex" }));
    expect([outside.of("acme"), outside.of("globex").pods]).toEqual([none, 1]);
  });
});

describe("what is told", () => {
  test("how many, where, and why they may", () => {
    const { outside, ...rest } = told(some(2, "unknown", "us-east-1"));
    expect(outside).toEqual({ pods: 2, regions: ["unknown", "us-east-1"] });
    expect(conditionOf(rest)).toEqual({
      type: "PlacementsInside",
      status: "False",
      reason: "AllowedByAudit",
      message: expect.stringMatching(
        /^2 pods run outside of eu-west-1 \(in unknown, us-east-1\): mode Audit/,
      ),
      lastTransitionTime: "2026-11-28T12:00:00Z",
    });
    expect(conditionOf(told(some(1), {}, { ...plan, mode: "Warn" })).reason).toBe("AllowedByWarn");
    expect(conditionOf(told(some(1), {}, { ...plan, mode: "Enforce" }))).toMatchObject({
      reason: "LeftRunning",
      message: expect.stringMatching(/^1 pod runs outside of eu-west-1 .*left running/),
    });
    expect(told(none)).toMatchObject({ conditions: [{ status: "True" }], outside: { pods: 0 } });
  });

  test("another mode at once, and since when stays", () => {
    const before = told(some(2));
    const next = nextTold(
      before,
      some(2),
      { ...plan, mode: "Enforce" },
      { now: now + 1_000, elapsed: 1, written: { at: 0, pause: pauseMs } },
    );
    expect(next).toMatchObject({
      write: { conditions: [{ reason: "LeftRunning", lastTransitionTime: "2026-11-28T12:00:00Z" }] },
    });
  });
});

test("pages are named by their path, or where the installation has them", () => {
  const messageOf = (mode: "Enforce" | "Audit", docs?: string) => {
    const times = { now, elapsed: 1e9, insideSince: 0 };
    const next = nextTold({}, some(2), { ...plan, mode }, times, docs) as { write: ToldOutside };
    return next.write.conditions?.[0]?.message;
  };
  expect(messageOf("Enforce")).toContain("(docs/operations.md#a-pod-runs-outside)");
  const docs = "https://docs.example/residency/";
  expect(messageOf("Enforce", docs)).toContain(
    "(https://docs.example/residency/operations.md#a-pod-runs-outside)",
  );
  expect(messageOf("Audit", docs)).toContain(" https://docs.example/residency/audit-to-enforce.md says");
});

const podOf = (name: string, owner: Partial<OwnerReference> = {}, labels = {}): KubeObject => ({
  metadata: {
    name,
    namespace: "acme",
    labels,
    ownerReferences: owner.kind ? [{ uid: "u", controller: true, ...owner } as OwnerReference] : [],
  },
});
const madeBy = (apiVersion: string, kind: string, name: string) => ({ apiVersion, kind, name });
const makersOf = (...pods: KubeObject[]) => byMaker(pods.map((pod) => seenPod(slimPod(pod))));
const named = (...pods: KubeObject[]) => ({ ...some(pods.length), running: makersOf(...pods) });

describe("by name", () => {
  test("pods stand under what made them, where that stays, and by themselves where nothing makes them anew", () => {
    const set = madeBy("apps/v1", "ReplicaSet", "web-5d4f");
    const found = makersOf(
      podOf("debug"),
      podOf("etcd-n1", madeBy("v1", "Node", "n1")),
      podOf("web-5d4f-a", set, { "pod-template-hash": "5d4f" }),
      podOf("web-6c6c-a", { ...set, name: "web-6c6c" }, { "pod-template-hash": "6c6c" }),
      podOf("web-5d4f-b", set),
      podOf("clone-a", madeBy("apps.kruise.io/v1alpha1", "CloneSet", "clone")),
      podOf("clone-b", madeBy("apps.kruise.io/v1alpha1", "CloneSet", "clone")),
      podOf("nightly-29931120-x", madeBy("batch/v1", "Job", "nightly-29931120")),
      podOf("import-20261128-x", madeBy("batch/v1", "Job", "import-20261128")),
      // What its author wrote there, and no controller did.
      podOf("odd", madeBy("example.com/v1", "Widget", `a\u001b[31m${"b".repeat(500)}`)),
      podOf("hidden", madeBy("apps/v1", "Deployment", "web")),
      podOf("hidden-too", madeBy("batch/v1", "CronJob", "nightly")),
    );
    expect(found.map(({ kind, name, pods }) => `${kind} ${name} ${pods}`)).toEqual([
      "Pod debug 1",
      "Pod etcd-n1 1",
      "Deployment web 2",
      "ReplicaSet web-5d4f 1",
      "CloneSet clone 2",
      "CronJob nightly 1",
      "Job import-20261128 1",
      "Pod odd 1",
      "Pod hidden 1",
      "Pod hidden-too 1",
    ]);
  });

  test("those that no rollout replaces come first, kinds of other groups among them", () => {
    const { outside } = told(
      named(
        podOf("a-0", madeBy("apps/v1", "StatefulSet", "a")),
        podOf("b-0", madeBy("apps.kruise.io/v1beta1", "StatefulSet", "b")),
        podOf("z"),
      ),
      {},
      { ...plan, mode: "Enforce" },
    );
    expect(outside!.named!.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      "Pod z",
      "StatefulSet b",
      "StatefulSet a",
    ]);
    expect(outside!.unnamed).toBeUndefined();
  });

  test("twenty of ten thousand, with how many the rest are, and those of before stay", () => {
    const pods = Array.from({ length: 10_000 }, (_, i) => podOf(`p-${String(i).padStart(5, "0")}`));
    const before = told(named(...pods));
    expect(before.outside).toMatchObject({ pods: 10_000, unnamed: 9_000 });
    expect(before.outside!.named).toHaveLength(20);
    expect(JSON.stringify(before).length).toBeLessThan(4_000);
    const times = { now, elapsed: 60_000, written: { at: 0, pause: pauseMs } };
    // Others come and go, also ones that would stand first.
    const others = named(...pods.slice(0, 9_900), podOf("a-new-one"));
    expect(nextTold(before, others, plan, times)).toBeUndefined();
    const fewer = named(...pods.slice(1));
    const next = nextTold(before, fewer, plan, times) as { write: ToldOutside };
    expect(next.write.outside!.named!.map(({ name }) => name)).toEqual(
      pods.slice(1, 21).map(({ metadata }) => metadata.name),
    );
  });

  test("the condition has the first of them, and in mode Enforce only what somebody must see to", () => {
    const set = podOf("web-5d4f-a", madeBy("apps/v1", "DaemonSet", "agent"));
    const pods = named(set, podOf("debug"), podOf("clone-a", madeBy("x.io/v1", "CloneSet", "clone")));
    const enforced = conditionOf(told(pods, {}, { ...plan, mode: "Enforce" })).message;
    expect(enforced).toContain(
      "No rollout replaces CloneSet.x.io acme/clone, Pod acme/debug: delete those pods",
    );
    expect(conditionOf(told(pods)).message).toMatch(
      /Outside: CloneSet\.x\.io acme\/clone, Pod acme\/debug, DaemonSet acme\/agent$/,
    );
    const agents = { ...named(set), pods: 3 };
    expect(conditionOf(told(agents)).message).toMatch(/Outside: DaemonSet acme\/agent and others$/);
    expect(conditionOf(told(agents, {}, { ...plan, mode: "Enforce" })).message).not.toContain("No rollout");
  });

  test("an Event names what comes to it in mode Enforce, where all was named before", () => {
    const enforce = { ...plan, mode: "Enforce" } as const;
    const before = told(named(podOf("a")), {}, enforce);
    const now = told(named(podOf("a"), podOf("b")), before, enforce);
    expect(freshNote("LeftRunning", now, before)).toMatch(/^outside as well \(in us-east-1\): Pod acme\/b\./);
    for (const [reason, was] of [
      ["LeftRunning", now],
      ["LeftRunning", { outside: { pods: 30, unnamed: 10 } }],
      ["AllowedByAudit", before],
    ] as const)
      expect(freshNote(reason, now, was)).toBeUndefined();
  });
});

describe("it comes to rest", () => {
  test("nothing is written where nothing is new", () => {
    for (const found of [none, some(3), some(1_000)])
      expect(
        nextTold(told(found), found, plan, {
          now: now + 1,
          elapsed: 2e9,
          written: { at: 0, pause: pauseMs },
        }),
      ).toBeUndefined();
  });

  test("other numbers and places wait since what was told last, ever longer while they go on", () => {
    const before = told(some(3));
    const at = (elapsed: number, pause = pauseMs) => ({ now, elapsed, written: { at: 0, pause } });
    expect(nextTold(before, some(4), plan, at(1_000))).toEqual({ wait: pauseMs - 1_000 });
    expect(nextTold(before, some(3, "ap-south-1"), plan, at(1_000))).toEqual({ wait: pauseMs - 1_000 });
    const pauses = [pauseMs];
    for (let times = 0; times < 6; times++) {
      const pause = pauses.at(-1)!;
      expect(nextTold(before, some(4), plan, at(pause - 1, pause))).toEqual({ wait: 1 });
      const next = nextTold(before, some(4), plan, at(pause, pause)) as { written: { pause: number } };
      pauses.push(next.written.pause);
    }
    expect(pauses.map((ms) => ms / 1_000)).toEqual([15, 30, 60, 120, 240, 300, 300]);
    const rested = nextTold(before, some(4), plan, at(2 * mostPauseMs, mostPauseMs));
    expect(rested).toMatchObject({ written: { pause: pauseMs } });
    // A process that just began has told nothing.
    expect(nextTold(before, some(4), plan, { now, elapsed: 0 })).toHaveProperty("write");
  });

  test("what runs and ends again and again is outside all along, and how many there are now is told", () => {
    const before = told(some(1));
    const times = { now, elapsed: 60_000, insideSince: 10_000 };
    const next = nextTold(before, none, plan, times) as { write: ToldOutside };
    expect(next.write).toMatchObject({
      conditions: [
        { status: "False", reason: "AllowedByAudit", message: expect.stringMatching(/^no pod .* now/) },
      ],
      outside: { pods: 0 },
    });
    expect(nextTold(next.write, none, plan, times)).toEqual({ wait: holdMs - 50_000 });
    expect(
      nextTold(next.write, some(1), plan, { ...times, written: { at: 59_000, pause: pauseMs } }),
    ).toEqual({
      wait: pauseMs - 1_000,
    });
    expect(nextTold(next.write, none, plan, { ...times, elapsed: 10_000 + holdMs })).toMatchObject({
      write: { conditions: [{ status: "True", reason: "AllInside" }], outside: { pods: 0 } },
    });
  });

  test("large numbers are about so many, and stay while they are not far off", () => {
    expect([0, 1, 10, 11, 19, 99, 100, 4_321].map((pods) => shownCount(pods, undefined))).toEqual([
      0, 1, 10, 10, 10, 90, 100, 4_000,
    ]);
    expect([15, 19, 24, 25, 26].map((pods) => shownCount(pods, 20))).toEqual([20, 20, 20, 20, 20]);
    expect([14, 30, 8].map((pods) => shownCount(pods, 20))).toEqual([10, 30, 8]);
    expect(conditionOf(told(some(4_321))).message).toMatch(/^about 4000 pods run/);
  });
});
