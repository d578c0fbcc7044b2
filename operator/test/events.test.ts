import type { Plan } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { crossedOff } from "../src/owed/owed.ts";
import { placementDecision, placementEnded, placementObserved, stands } from "../src/placements/event.ts";
import { placementOwed } from "../src/placements/owed.ts";
import { seenPod, slimPod } from "../src/placements/pod.ts";
import * as placements from "../src/placements/remember.ts";
import { owesNowhere, type RememberedPlacement, settledPlacement } from "../src/placements/remember.ts";
import { planChanged, type RecordedPlan, recordedPlan } from "../src/plans/event.ts";
import * as plans from "../src/plans/remember.ts";
import { lastPlan, type RememberedPlan, settledPlan } from "../src/plans/remember.ts";
import { remembering } from "./ledgers.ts";

const observed = remembering(placements.observed);
const ended = remembering(placements.ended);
const readdressed = remembering(placements.readdressed);
const changed = (
  known: RememberedPlan | undefined,
  { after }: { before: RecordedPlan | undefined; after: RecordedPlan | undefined },
  { regions, at, draw }: { regions: string[]; at: number; draw: () => string },
) => {
  const isHome = (region: string) => regions.includes(region);
  return settledPlan(remembering(plans.changed)(known, after, { isHome, at, draw }));
};

const plan: Plan = {
  tenant: "acme",
  uid: "tenant-uid",
  homeRegion: "eu-west-1",
  regions: ["eu-west-1"],
  mode: "Enforce",
  policies: ["eu-only"],
  digest: "sha256:1",
};
const node = (region: string | undefined) => ({ name: "n1", region, labels: {} });
const pod = {
  apiVersion: "v1",
  kind: "Pod",
  metadata: { uid: "pod-uid", namespace: "acme", name: "web-1", labels: { app: "web" } },
  spec: {
    nodeName: "n1",
    containers: [
      { name: "a", image: "app:1" },
      { name: "b", image: "app:1" },
    ],
  },
  status: { phase: "Running" },
};

test("a placement within the regions is allowed; elsewhere it is what the mode makes of it", () => {
  expect(placementDecision(node("eu-west-1"), plan)).toMatchObject({
    decision: "allow",
    region: "eu-west-1",
  });
  expect(placementDecision(node("us-east-1"), plan)).toMatchObject({
    decision: "block",
    reason: "CROSS_REGION",
  });
  expect(placementDecision(node("us-east-1"), { ...plan, mode: "Warn" }).decision).toBe("warn");
  expect(placementDecision(node(undefined), plan)).toMatchObject({
    region: "unknown",
    reason: "NODE_WITHOUT_REGION",
  });
  expect(placementDecision(undefined, plan)).toMatchObject({ region: "unknown", reason: "NODE_UNKNOWN" });
});

const recorded = {
  state: "observed",
  rid: "r",
  tenantUid: plan.uid,
  node: "n",
  region: "eu-west-1",
  home: plan.homeRegion,
} as const;

test("a placement stands as recorded until its region or what is thought of it changes", () => {
  const now = placementDecision(node("eu-west-1"), plan);
  expect(stands({ ...recorded, decision: "allow" }, now, plan)).toBe(true);
  expect(stands({ ...recorded, decision: "block" }, now, plan)).toBe(false);
  expect(stands({ ...recorded, region: "us-east-1", decision: "allow" }, now, plan)).toBe(false);
  // What an earlier release wrote does not say what was thought of it.
  expect(stands(recorded, now, plan)).toBe(true);
});

test("a placement recorded for another uid of the name, or in another home's log, is observed anew", () => {
  const now = placementDecision(node("eu-west-1"), plan);
  expect(stands(recorded, now, { ...plan, uid: "made-again" })).toBe(false);
  expect(stands(recorded, now, { ...plan, homeRegion: "us-east-1" })).toBe(false);
});

test("a pod cut down for the cache says the same as the whole pod", () => {
  expect(seenPod(slimPod(pod))).toEqual(seenPod(pod));
  expect(seenPod(pod)).toMatchObject({ node: "n1", images: ["app:1"], live: true });
  expect(seenPod({ ...pod, status: { phase: "Succeeded" } }).live).toBe(false);
});

test("an observation has its region in the clear and everything of the tenant's in disclosures", () => {
  const event = placementObserved({
    rid: "r",
    at: 1,
    cluster: "main",
    pod: seenPod(pod),
    plan,
    node: node("eu-west-1"),
  });
  const { disclosable, tenant, ...clear } = event;
  expect(clear).toMatchObject({
    type: "placement.observed",
    requested: ["eu-west-1"],
    allowed: ["eu-west-1"],
  });
  expect(JSON.stringify(clear)).not.toMatch(/acme|web-1|n1|app:1/);
  expect(tenant).toEqual({ name: "acme", uid: "tenant-uid" });
  expect(disclosable).toMatchObject({ namespace: "acme", name: "web-1", node: "n1", images: ["app:1"] });
});

test("the end of a placement goes to the log that has its beginning", () => {
  const recorded = {
    state: "observed" as const,
    rid: "first",
    tenantUid: "tenant-uid",
    node: "n1",
    region: "eu-west-1",
    home: "eu-central-1",
  };
  const event = placementEnded({
    rid: "r",
    at: 1,
    cluster: "main",
    uid: "pod-uid",
    recorded,
    tenant: "acme",
    plan,
    pod: undefined,
  });
  expect(event).toMatchObject({ region: "eu-central-1", reason: "PLACEMENT_ENDED_UNWATCHED" });
});

test("a changed plan is recorded with what was in force before and after", () => {
  const before = recordedPlan(plan);
  const after = recordedPlan({ ...plan, regions: ["eu-west-1", "eu-central-1"], digest: "sha256:2" });
  const options = { rid: "r", at: 1, cluster: "main", region: "eu-west-1", policyDigest: null };
  const event = planChanged({ ...options, tenant: { name: "acme", uid: "u" }, before, after });
  expect(event).toMatchObject({ type: "policy.changed", plan: "sha256:2", reason: "PLAN_CHANGED" });
  expect(event.disclosable.details).toMatchObject({
    before: { digest: "sha256:1", regions: ["eu-west-1"] },
    after: { digest: "sha256:2" },
  });
  const gone = planChanged({ ...options, tenant: { name: "acme", uid: "u" }, before, after: undefined });
  expect(gone).toMatchObject({ reason: "PLAN_ENDED", plan: null });
});

test("a changed plan is owed to each log under an id of its own, and crossed off one by one", () => {
  let drawn = 0;
  const draw = () => `id-${++drawn}`;
  const [before, after] = [
    recordedPlan(plan),
    recordedPlan({ ...plan, homeRegion: "us-east-1", digest: "sha256:2" }),
  ];
  const regions = ["eu-west-1", "us-east-1"];
  const owing = changed(before, { before, after }, { regions, at: 7, draw })!;
  expect(lastPlan(owing)).toEqual(after);
  expect(owing.owed!.map(({ log, rid }) => [log, rid])).toEqual([
    ["eu-west-1", "id-1"],
    ["us-east-1", "id-2"],
  ]);
  const half = crossedOff(owing, "id-1");
  expect(half.owed).toEqual([{ log: "us-east-1", rid: "id-2", at: 7, before, after }]);
  expect(crossedOff(half, "id-2")).toEqual(after);
});

test("the plan of a tenant that is gone is remembered until its end is in the log, and no longer", () => {
  const before = recordedPlan(plan);
  const ended = changed(
    before,
    { before, after: undefined },
    { regions: ["eu-west-1"], at: 7, draw: () => "id" },
  )!;
  expect(lastPlan(ended)).toBeUndefined();
  expect(ended.owed).toEqual([{ log: "eu-west-1", rid: "id", at: 7, before, after: null }]);
  expect(settledPlan(crossedOff(ended, "id"))).toBeUndefined();
});

test("a change under a home that is no region is owed to nobody: the plan is remembered while there is one", () => {
  const nowhere = { regions: [], at: 7, draw: () => "id" };
  const strayed = recordedPlan({ ...plan, homeRegion: "eu-wset-1", digest: "sha256:2" });
  expect(changed(undefined, { before: undefined, after: strayed }, nowhere)).toEqual(strayed);
  expect(changed(strayed, { before: strayed, after: undefined }, nowhere)).toBeUndefined();
});

const fresh = (n: number) => ({ rid: `id-${n}`, at: n });
const bound = { pod: { node: "n1" }, plan, node: node("us-east-1") };
const sent = (known: RememberedPlacement, seen = false) =>
  (known.owed ?? []).map((owed) =>
    placementOwed({ uid: "pod-uid", cluster: "main", owed, pod: seen ? seenPod(pod) : undefined }),
  );

test("an observation is owed as it was made, whatever is in force when it is sent", () => {
  const known = observed(undefined, bound, fresh(1));
  expect(observed(known, bound, fresh(2))).toBe(known);
  const [event] = sent(known, true);
  expect(event).toEqual(placementObserved({ ...fresh(1), cluster: "main", ...bound, pod: seenPod(pod) }));
  expect(settledPlacement(crossedOff(known, "id-1"))).toEqual({
    ...recorded,
    rid: "id-1",
    tenant: "acme",
    node: "n1",
    region: "us-east-1",
    decision: "block",
  });
});

test("the observation of a pod that is gone before it is sent is told before its end, without the pod's own words", () => {
  const gone = ended(
    observed(undefined, bound, fresh(1)),
    { tenant: "acme", plan, watched: false },
    fresh(2),
  );
  expect(gone.state).toBe("ending");
  const [first, last] = sent(gone);
  expect(first).toMatchObject({
    type: "placement.observed",
    rid: "id-1",
    decision: "block",
    requested: ["us-east-1"],
  });
  expect(first!.disclosable).toMatchObject({
    uid: "pod-uid",
    node: "n1",
    name: null,
    images: null,
    labels: null,
  });
  expect(last).toMatchObject({ type: "placement.ended", rid: "id-2", reason: "PLACEMENT_ENDED_UNWATCHED" });
  expect(settledPlacement(crossedOff(crossedOff(gone, "id-1"), "id-2"))).toBeUndefined();
});

test("a pod that is passed on with its namespace has ended for the one and is observed for the other", () => {
  const other = { ...plan, tenant: "globex", uid: "other-uid", homeRegion: "us-east-1" };
  const before = { ...recorded, tenant: "acme" };
  const left = ended(before, { tenant: "acme", plan, watched: true }, fresh(1));
  const passed = observed(left, { ...bound, plan: other }, fresh(2));
  expect(sent(passed).map(({ type, region, tenant }) => [type, region, tenant?.name])).toEqual([
    ["placement.ended", "eu-west-1", "acme"],
    ["placement.observed", "us-east-1", "globex"],
  ]);
});

test("what a tenant without a home is owed, is owed to its first one, as it was seen", () => {
  const isHome = (region: string) => region !== "eu-wset-1";
  const strayed = { ...plan, homeRegion: "eu-wset-1" };
  const before = observed(undefined, { ...bound, plan: strayed }, fresh(1));
  expect([owesNowhere(before, isHome), owesNowhere(observed(undefined, bound, fresh(1)), isHome)]).toEqual([
    true,
    false,
  ]);
  const to = { uid: plan.uid, home: "eu-west-1" };
  expect(readdressed(before, { ...to, uid: "another" }, isHome)).toBe(before);
  const found = readdressed(before, to, isHome);
  expect(sent(found)).toMatchObject([
    { ...fresh(1), region: "eu-west-1", decision: "block", plan: plan.digest },
  ]);
  // It is not observed once more for that.
  expect(observed(found, bound, fresh(2))).toBe(found);
  const gone = ended(before, { tenant: "acme", plan: strayed, watched: false }, fresh(2));
  expect(sent(readdressed(gone, to, isHome)).map(({ region, rid }) => [region, rid])).toEqual([
    ["eu-west-1", "id-1"],
    ["eu-west-1", "id-2"],
  ]);
});

test("what 1c0f72f was about to send is owed under the id of then", () => {
  const begun = {
    ...recorded,
    rid: "then",
    state: "observing",
    region: "us-east-1",
    decision: "block",
  } as const;
  expect(observed(begun, bound, fresh(1)).owed).toMatchObject([{ rid: "then", log: "eu-west-1" }]);
  const ending = { ...recorded, rid: "then", state: "ending" } as const;
  const about = { tenant: "acme", plan: undefined, watched: false };
  expect(ended(ending, about, fresh(1)).owed).toMatchObject([{ rid: "then", ended: "unwatched" }]);
});
