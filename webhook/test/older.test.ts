/** What is older than the rule: its author is warned, and its controllers' retries are nobody's attempts. */
import type { ReceiptEvent } from "@companyos/outbox";
import { asksElsewhere, compilePlan } from "@companyos/policies";
import { afterEach, expect, test } from "@jest/globals";
import { clusterObjects, inRegion, pod, review } from "./requests.ts";
import { appendingWith, startTestWebhook, type TestWebhook } from "./webhook.ts";

let webhook: TestWebhook;
afterEach(() => webhook.stop());

/** What is recorded while these are in the cluster. */
async function recordingWith(objects = clusterObjects): Promise<ReceiptEvent[]> {
  const events: ReceiptEvent[] = [];
  const journal = (outbox: TestWebhook["outbox"]) =>
    appendingWith(outbox, async (event) => {
      await outbox.append(event);
      events.push(event);
    });
  webhook = await startTestWebhook({ objects, journal });
  return events;
}

const deployment = (image: string, region: string, replicas = 1) => ({
  metadata: { name: "web", namespace: "acme" },
  spec: {
    replicas,
    selector: {},
    template: { metadata: {}, spec: { containers: [{ name: "app", image }], ...inRegion(region) } },
  },
});
const update = (from: object, to: object, more: object = {}) =>
  webhook.post(
    review({
      group: "apps",
      resource: "deployments",
      kind: "Deployment",
      operation: "UPDATE",
      object: to,
      oldObject: from,
      ...more,
    }),
  );

/** The objects of a cluster in which the operator says this of acme's workloads. */
const saying = (rollout: object | undefined) =>
  clusterObjects.map((object) =>
    object.kind === "Tenant" && object.metadata.name === "acme" ? { ...object, status: { rollout } } : object,
  );
const rollout = {
  planDigest: "of another plan",
  since: "2026-11-27T00:00:00Z",
  namespaces: ["acme"],
  workloads: 1,
  left: 1,
  waiting: [
    {
      kind: "Deployment",
      namespace: "acme",
      name: "web",
      ...asksElsewhere("ap-south-1, us-east-1 (spec.template.spec.nodeSelector)"),
    },
  ],
};

const ofKind = (kind: string) => clusterObjects.filter((object) => object.kind === kind) as never[];
const { plan: acmePlan } = compilePlan({
  tenant: clusterObjects.find(({ kind, metadata }) => kind === "Tenant" && metadata.name === "acme") as never,
  policies: ofKind("ResidencyPolicy"),
  regions: ofKind("Region"),
});
/** What the operator says of exactly these, of the plan in force. */
const naming = (...waiting: (readonly [kind: string, name: string])[]) => ({
  ...rollout,
  planDigest: acmePlan.digest,
  left: waiting.length,
  waiting: waiting.map(([kind, name]) => ({ kind, namespace: "acme", name, reason: "RollingOut" })),
});

test("a new image for a Deployment that asks for a region abroad goes through, and says what will happen", async () => {
  webhook = await startTestWebhook();
  const { json } = await update(deployment("app:1", "us-east-1"), deployment("app:2", "us-east-1"));
  expect(json.response).toMatchObject({
    allowed: true,
    auditAnnotations: { reason: "PREDATES_RULE" },
    warnings: [
      expect.stringMatching(/Deployment acme\/web.*older than the rule.*new ones are refused.*us-east-1/),
    ],
  });
  const lawful = await update(deployment("app:1", "eu-west-1"), deployment("app:2", "eu-west-1"));
  expect(lawful.json.response).toEqual({ uid: lawful.json.response.uid, allowed: true });
});

test("nobody is warned where nothing will be refused: mode Warn says so by itself", async () => {
  webhook = await startTestWebhook();
  const more = { namespace: "globex" };
  const named = (image: string) => {
    const { metadata, ...rest } = deployment(image, "eu-west-1");
    return { ...rest, metadata: { ...metadata, namespace: "globex" } };
  };
  const { json } = await update(named("app:1"), named("app:2"), more);
  expect(json.response).toEqual({ uid: json.response.uid, allowed: true });
});

test("who asked for it is on record: one receipt for what is asked again and again, none for a dry run", async () => {
  const events = await recordingWith();
  const renew = (image: string, more: object = {}) =>
    update(deployment("app:1", "us-east-1"), deployment(image, "us-east-1"), more);
  const first = await renew("app:2");
  expect(events).toMatchObject([
    {
      type: "admission.warned",
      decision: "warn",
      reason: "PREDATES_RULE",
      op: "UPDATE",
      kind: "Deployment",
      requested: ["us-east-1"],
      allowed: ["eu-west-1"],
      disclosable: { user: "jane", namespace: "acme", name: "web", images: ["app:2"] },
    },
  ]);
  const { receipt } = first.json.response.auditAnnotations;
  expect(receipt).toBe(events[0]!.rid);
  expect(first.json.response.warnings[0]).toContain(receipt);
  expect((await renew("app:2")).json.response.auditAnnotations).toEqual(first.json.response.auditAnnotations);
  await renew("app:3", { dryRun: true });
  expect(events).toHaveLength(1);
  await renew("app:2", { user: "nils" });
  expect(events.map(({ disclosable }) => disclosable.user)).toEqual(["jane", "nils"]);
  // Nothing was refused.
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(0);
});

test("a controller that scales what it made is nobody who asked", async () => {
  const events = await recordingWith();
  const replicaSet = (replicas: number) => {
    const { metadata, ...rest } = deployment("app:1", "us-east-1", replicas);
    const ownerReferences = [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", controller: true }];
    return { ...rest, metadata: { ...metadata, name: "web-5d9c", ownerReferences } };
  };
  const grow = (user: string) =>
    update(replicaSet(1), replicaSet(2), { resource: "replicasets", kind: "ReplicaSet", user });
  const quiet = (await grow("system:serviceaccount:kube-system:deployment-controller")).json.response;
  expect(quiet).toEqual({ uid: quiet.uid, allowed: true });
  expect((await grow("jane")).json.response.warnings).toHaveLength(1);
  expect(events.map(({ disclosable }) => disclosable.user)).toEqual(["jane"]);
});

test("it goes through where it cannot be recorded, and that is counted and said", async () => {
  const full = Object.assign(new Error("full"), { code: "full" });
  const journal = (outbox: TestWebhook["outbox"]) => appendingWith(outbox, () => Promise.reject(full));
  webhook = await startTestWebhook({ journal });
  const { json } = await update(deployment("app:1", "us-east-1"), deployment("app:2", "us-east-1"));
  expect(json.response).toMatchObject({
    allowed: true,
    warnings: [expect.stringContaining("PREDATES_RULE"), expect.stringContaining("JOURNAL_UNAVAILABLE")],
  });
  expect(await webhook.metric('residency_unrecorded_allow_total{mode="Enforce",reason="full"}')).toBe(1);
});

test("a scale is warned about by what the operator found, and never refused; who asked is on record", async () => {
  const events = await recordingWith(saying(rollout));
  const scale = (name: string) =>
    webhook.post(
      review({
        group: "apps",
        resource: "deployments",
        subResource: "scale",
        kind: "Scale",
        operation: "UPDATE",
        object: { metadata: { name, namespace: "acme" }, spec: { replicas: 3 } },
        oldObject: { metadata: { name, namespace: "acme" }, spec: { replicas: 1 } },
      }),
    );
  expect((await scale("web")).json.response).toMatchObject({
    allowed: true,
    warnings: [
      expect.stringMatching(
        /older than the rule.*its template asks for ap-south-1, us-east-1 \(spec\.template\.spec\.nodeSelector\)/,
      ),
    ],
  });
  const other = (await scale("other")).json.response;
  expect(other).toEqual({ uid: other.uid, allowed: true });
  expect(events).toMatchObject([
    {
      type: "admission.warned",
      reason: "PREDATES_RULE",
      kind: "Deployment",
      requested: [],
      disclosable: { user: "jane", name: "web", message: expect.stringContaining("Deployment acme/web") },
    },
  ]);
});

test("a controller that repeats what is older than the rule is refused; one receipt says so, and no block is counted", async () => {
  webhook = await startTestWebhook({ objects: saying(naming(["DaemonSet", "agent"])) });
  const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "u", controller: true };
  const abroad = (name: string, ownerReferences: object[] = [owner]) =>
    pod(inRegion("us-east-1"), { name, generateName: "agent-", namespace: "acme", ownerReferences });
  const by = (user: string, object: object) => webhook.post(review({ user, object }));
  const controller = "system:serviceaccount:kube-system:daemon-set-controller";
  const first = await by(controller, abroad("agent-bcdfg"));
  const second = await by(controller, abroad("agent-hjklm"));
  expect(first.json.response).toMatchObject({ allowed: false, auditAnnotations: { reason: "CROSS_REGION" } });
  expect(second.json.response.auditAnnotations.receipt).toBe(first.json.response.auditAnnotations.receipt);
  expect(await webhook.metric('residency_controller_retries_total{tenant="acme"}')).toBe(2);
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(0);
  // A person is nobody's controller, nor is one that made nothing.
  await by("jane", abroad("agent-npqrs"));
  await by(controller, abroad("agent-tvwxz", []));
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(2);
});

test("only what the operator names is older; where it cannot name all that is left, any may be it", async () => {
  const waiting = [
    ["Deployment", "web"],
    ["CronJob", "nightly"],
  ] as const;
  webhook = await startTestWebhook({ objects: saying(naming(...waiting)) });
  const by = (controller: string, kind: string, name: string) => {
    const ownerReferences = [{ apiVersion: "v1", kind, name, uid: "u", controller: true }];
    const object = pod(inRegion("us-east-1"), {
      generateName: `${name}-`,
      namespace: "acme",
      ownerReferences,
    });
    return webhook.post(
      review({ user: `system:serviceaccount:kube-system:${controller}-controller`, object }),
    );
  };
  const counted = async () => [
    await webhook.metric('residency_controller_retries_total{tenant="acme"}'),
    await webhook.metric("residency_cross_region_block_total{"),
  ];
  await by("replicaset", "ReplicaSet", "web-5d9c");
  await by("job", "Job", "nightly-29384756");
  expect(await counted()).toEqual([2, 0]);
  // Came after the rule, past the webhook: nothing that is left hides it, a paused Deployment least of all.
  await by("replicaset", "ReplicaSet", "web-admin-5d9c");
  await by("replicaset", "ReplicaSet", "web");
  await by("job", "Job", "once");
  await by("statefulset", "StatefulSet", "web");
  expect(await counted()).toEqual([2, 4]);
  await webhook.stop();
  webhook = await startTestWebhook({ objects: saying({ ...naming(...waiting), left: 60 }) });
  await by("job", "Job", "once");
  expect(await counted()).toEqual([1, 0]);
});

test.each([
  ["are all named", {}, [1, 2]],
  ["are more than are named", { keptUnnamed: 3 }, [2, 1]],
] as const)(
  "a Job from before the change retries, once it was named, where they %s, unless somebody changed it since",
  async (_, more, counts) => {
    const named = (name: string, more: object = {}) => ({
      kind: "Job",
      namespace: "acme",
      name,
      ...asksElsewhere("us-east-1"),
      ...more,
    });
    const kept = [named("import"), named("resumed", { asked: true })];
    webhook = await startTestWebhook({ objects: saying({ ...naming(), kept, ...more }) });
    for (const name of ["import", "resumed", "other"]) {
      const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name, uid: "u", controller: true }];
      const object = pod(inRegion("us-east-1"), {
        generateName: `${name}-`,
        namespace: "acme",
        ownerReferences,
      });
      await webhook.post(review({ user: "system:serviceaccount:kube-system:job-controller", object }));
    }
    const [retries, blocks] = counts;
    expect(await webhook.metric('residency_controller_retries_total{tenant="acme"}')).toBe(retries);
    expect(await webhook.metric("residency_cross_region_block_total{")).toBe(blocks);
  },
);

test("what is made because somebody asked since counts: the change's ReplicaSet, and what comes of a workload that was changed", async () => {
  const named = naming(["Deployment", "web"], ["DaemonSet", "agent"], ["DaemonSet", "old"]);
  const waiting = named.waiting.map((one) => (one.name === "agent" ? { ...one, asked: true } : one));
  const events = await recordingWith(saying({ ...named, waiting }));
  const by = (controller: string, kind: string, name: string, more: object) => {
    const ownerReferences = [{ apiVersion: "apps/v1", kind, name, uid: "u", controller: true }];
    const user = `system:serviceaccount:kube-system:${controller}-controller`;
    const { metadata, ...rest } = deployment("app:2", "us-east-1");
    const object =
      kind === "Deployment"
        ? { ...rest, metadata: { ...metadata, name: `${name}-7d4b`, ownerReferences } }
        : pod(inRegion("us-east-1"), { generateName: `${name}-`, namespace: "acme", ownerReferences });
    return webhook.post(review({ user, object, ...more }));
  };
  const replicaSet = { group: "apps", resource: "replicasets", kind: "ReplicaSet" };
  await by("deployment", "Deployment", "web", replicaSet);
  await by("daemon-set", "DaemonSet", "agent", {});
  await by("daemon-set", "DaemonSet", "old", {});
  // Of before the change, or it would have been refused itself.
  await by("replicaset", "ReplicaSet", "web-5d9c", {});
  expect(events.map(({ type, disclosable }) => [type, disclosable.name])).toEqual([
    ["admission.blocked", "web-7d4b"],
    ["admission.blocked", "agent-"],
    ["admission.retried", "old-"],
    ["admission.retried", "web-5d9c-"],
  ]);
});

test("what a controller makes of what came after the rule counts as ever", async () => {
  webhook = await startTestWebhook();
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "u", controller: true };
  const object = pod(inRegion("us-east-1"), { name: "web-1-bcdfg", ownerReferences: [owner] });
  await webhook.post(review({ user: "system:serviceaccount:kube-system:replicaset-controller", object }));
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(1);
  expect(await webhook.metric("residency_controller_retries_total{")).toBe(0);
});
