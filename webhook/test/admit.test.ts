import { X509Certificate } from "node:crypto";
import { afterEach, expect, test } from "@jest/globals";
import { clusterObjects, inRegion, pod, region, review } from "./requests.ts";
import { appendingWith, startTestWebhook, type TestWebhook } from "./webhook.ts";

let webhook: TestWebhook;
afterEach(() => webhook.stop());

const pin = {
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          {
            matchExpressions: [
              { key: "topology.kubernetes.io/region", operator: "In", values: ["eu-west-1"] },
            ],
          },
        ],
      },
    },
  },
};
const appended = () => {
  const { regions } = webhook.outbox.stats();
  return Object.values(regions).reduce((sum, { durable }) => sum + durable + 1, 0);
};

test("a lawful pod is allowed without a patch and leaves no record", async () => {
  webhook = await startTestWebhook();
  const { status, json } = await webhook.post(review({ uid: "u1", object: pod(inRegion("eu-west-1")) }));
  expect(status).toBe(200);
  expect(json).toEqual({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: "u1", allowed: true },
  });
  expect(appended()).toBe(0);
});

test("a pod for another region is refused with everything its author needs, and the record is durable first", async () => {
  webhook = await startTestWebhook();
  const { json } = await webhook.post(review({ object: pod({ ...pin, ...inRegion("us-east-1") }) }));
  const { allowed, status, auditAnnotations } = json.response;
  expect(allowed).toBe(false);
  expect(status).toMatchObject({ code: 403, reason: "Forbidden" });
  const { receipt } = auditAnnotations;
  expect(receipt).toMatch(/^[0-9a-f-]{36}$/);
  for (const part of [
    "tenant acme",
    "us-east-1",
    "eu-west-1",
    "spec.nodeSelector",
    "eu-only",
    "for the whole tenant",
    receipt,
  ]) {
    expect(status.message).toContain(part);
  }
  expect(auditAnnotations).toMatchObject({
    reason: "CROSS_REGION",
    requested: "us-east-1",
    allowed: "eu-west-1",
  });
  expect(appended()).toBe(1);
});

test("each refused request is counted once with its tenant and regions; what is allowed is not", async () => {
  webhook = await startTestWebhook();
  await webhook.post(review({ object: pod(inRegion("us-east-1"), { name: "a" }) }));
  await webhook.post(review({ object: pod(inRegion("us-east-1"), { name: "a" }) }));
  await webhook.post(review({ object: pod(inRegion("us-east-1"), { name: "b" }) }));
  await webhook.post(review({ object: pod({}, { name: "c" }) }));
  await webhook.post(review({ object: pod({ nodeName: "nowhere" }, { name: "d" }) }));
  await webhook.post(review({ object: pod(inRegion("eu-west-1"), { name: "e" }) }));
  const count = (to: string) =>
    webhook.metric(
      `residency_cross_region_block_total{tenant="acme",from="eu-west-1",to="${to}",kind="Pod"}`,
    );
  expect(await count("us-east-1")).toBe(3);
  expect(await count("unconstrained")).toBe(1);
  expect(await count("unknown")).toBe(1);
  expect(await webhook.metric("flow_latency_ms_count")).toBe(6);
});

test("whoever asks for many combinations of regions makes no more than one series", async () => {
  const names = ["ap-south-1", "ca-west-1", "us-east-1"];
  webhook = await startTestWebhook({
    objects: [...clusterObjects, region("ap-south-1", "IN"), region("ca-west-1", "CA")],
  });
  const key = "topology.kubernetes.io/region";
  const ask = (values: string[]) => {
    const nodeSelectorTerms = [{ matchExpressions: [{ key, operator: "In", values }] }];
    const required = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } };
    return webhook.post(review({ object: pod({ affinity: { nodeAffinity: required } }) }));
  };
  await ask(names);
  await ask(names.slice(1));
  expect(
    await webhook.metric('residency_cross_region_block_total{tenant="acme",from="eu-west-1",to="several"'),
  ).toBe(2);
});

test("retries carry the receipt of the first; another name, field, reason or user has its own", async () => {
  webhook = await startTestWebhook();
  const receipt = async (object: object, user = "jane") =>
    (await webhook.post(review({ object, user }))).json.response.auditAnnotations.receipt;
  const first = await receipt(pod(inRegion("us-east-1"), { name: "a" }));
  expect(await receipt(pod(inRegion("us-east-1"), { name: "a" }))).toBe(first);
  expect(await receipt(pod(inRegion("us-east-1"), { name: "b" }))).not.toBe(first);
  expect(await receipt(pod({}, { name: "a" }))).not.toBe(first);
  expect(await receipt(pod(inRegion("us-east-1"), { name: "a" }), "joe")).not.toBe(first);
  expect(appended()).toBe(4);
});

test("who forges an owner hides no other name, image or region behind its first receipt", async () => {
  webhook = await startTestWebhook({ objects: [...clusterObjects, region("ap-south-1", "IN")] });
  const ownerReferences = [{ kind: "ReplicaSet", name: "ghost", uid: "forged", controller: true }];
  const receipt = async (region: string, name: string, spec: object = {}) => {
    const object = pod({ ...inRegion(region), ...spec }, { name, ownerReferences });
    return (await webhook.post(review({ object }))).json.response.auditAnnotations.receipt;
  };
  const receipts = [
    await receipt("us-east-1", "a"),
    await receipt("us-east-1", "b"),
    await receipt("us-east-1", "a", { containers: [{ name: "app", image: "registry.example/miner:1" }] }),
    await receipt("ap-south-1", "a"),
  ];
  expect(new Set(receipts).size).toBe(4);
  expect(await receipt("us-east-1", "a")).toBe(receipts[0]);
});

test("pods that a controller makes again and again under generated names have one receipt and one answer", async () => {
  webhook = await startTestWebhook();
  const answer = async (name: string) => {
    const object = pod(inRegion("us-east-1"), { name, generateName: "web-7d9f-" });
    return (await webhook.post(review({ object }))).json.response.status.message;
  };
  const first = await answer("web-7d9f-x7k2p");
  expect(first).toContain("Pod acme/web-7d9f- of tenant acme");
  expect(await answer("web-7d9f-bbbbb")).toBe(first);
  expect(await answer("web-7d9f-accounting")).not.toBe(first);
  expect(appended()).toBe(2);
});

test("a dry run gets the same decision, says so, and leaves neither receipt nor metric", async () => {
  webhook = await startTestWebhook();
  const { json } = await webhook.post(review({ dryRun: true, object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(false);
  expect(json.response.status.message).toContain("Dry run");
  expect(json.response.auditAnnotations.receipt).toBeUndefined();
  expect(appended()).toBe(0);
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(0);
  expect(await webhook.metric("residency_admission_total{")).toBe(0);
});

test("in a namespace of a former tenant of the name nothing is decided, recorded or counted as the present one's", async () => {
  const labels = { "residency.companyos.io/tenant": "acme", "residency.companyos.io/tenant-uid": "former" };
  const namespace = { apiVersion: "v1", kind: "Namespace", metadata: { name: "acme", labels } };
  webhook = await startTestWebhook({ objects: [...clusterObjects, namespace] });
  const { json } = await webhook.post(review({ object: pod(inRegion("eu-west-1")) }));
  expect(json.response.allowed).toBe(false);
  expect(json.response.auditAnnotations).toMatchObject({ reason: "NAMESPACE_NOT_ITS_TENANTS", allowed: "" });
  expect(json.response.status.message).toContain("companyos adopt NAMESPACE --tenant acme");
  expect(appended()).toBe(0);
  expect(await webhook.metric('residency_cross_region_block_total{tenant="unknown",from="unknown"')).toBe(1);
  expect(await webhook.metric('residency_cross_region_block_total{tenant="acme"')).toBe(0);
});

test("mode Warn lets through with a warning and a receipt", async () => {
  webhook = await startTestWebhook();
  const { json } = await webhook.post(review({ namespace: "globex", object: pod(inRegion("eu-west-1")) }));
  expect(json.response.allowed).toBe(true);
  expect(json.response.warnings).toEqual([expect.stringContaining("globex")]);
  expect(json.response.auditAnnotations.receipt).toBeDefined();
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(0);
  expect(appended()).toBe(1);
});

test("with enforcing switched off nothing is blocked or warned, and decisions are recorded", async () => {
  webhook = await startTestWebhook({ enforce: false });
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(true);
  expect(json.response.warnings).toEqual([]);
  expect(appended()).toBe(1);
});

test("bindings are decided by their node", async () => {
  webhook = await startTestWebhook();
  const bind = (name: string, resource = "pods", subResource: string | undefined = "binding") =>
    webhook.post(
      review({
        resource,
        ...(subResource ? { subResource } : {}),
        kind: "Binding",
        object: { metadata: { name: "web" }, target: { kind: "Node", name } },
      }),
    );
  expect((await bind("eu-1")).json.response.allowed).toBe(true);
  expect((await bind("us-1")).json.response.auditAnnotations.reason).toBe("CROSS_REGION");
  expect((await bind("ghost")).json.response.auditAnnotations.reason).toBe("NODE_UNKNOWN");
  expect((await bind("us-1", "bindings", "")).json.response.allowed).toBe(false);
});

test("an update is decided only when it moves the placement", async () => {
  webhook = await startTestWebhook();
  const template = (region: string) => ({ metadata: {}, spec: { ...pod().spec, ...inRegion(region) } });
  const deployment = (region: string, replicas: number) => ({
    metadata: { name: "web" },
    spec: { replicas, selector: {}, template: template(region) },
  });
  const update = (from: object, to: object) =>
    webhook.post(
      review({
        group: "apps",
        resource: "deployments",
        kind: "Deployment",
        operation: "UPDATE",
        object: to,
        oldObject: from,
      }),
    );
  expect((await update(deployment("us-east-1", 9), deployment("us-east-1", 0))).json.response.allowed).toBe(
    true,
  );
  expect((await update(deployment("eu-west-1", 1), deployment("us-east-1", 1))).json.response.allowed).toBe(
    false,
  );
});

test("what places nothing, and what happens in nobody's namespace, is allowed", async () => {
  webhook = await startTestWebhook();
  const config = review({ resource: "configmaps", kind: "ConfigMap", object: { data: {} } });
  expect((await webhook.post(config)).json.response.allowed).toBe(true);
  const nobody = review({ namespace: "nobody", object: pod(inRegion("us-east-1")) });
  expect((await webhook.post(nobody)).json.response.allowed).toBe(true);
});

test("when the journal refuses, the request is refused all the same and the answer says it was not recorded", async () => {
  const full = () => Promise.reject(Object.assign(new Error("disk full"), { code: "full" }));
  webhook = await startTestWebhook({ journal: (outbox) => appendingWith(outbox, full) });
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(false);
  expect(json.response.auditAnnotations.reason).toBe("JOURNAL_UNAVAILABLE");
  expect(json.response.auditAnnotations.receipt).toBeUndefined();
  expect(json.response.status.message).toContain("could not be recorded");
  // Its author learns why and what to do all the same.
  expect(json.response.status.message).toMatch(
    /asks for us-east-1, but may only run in eu-west-1 .*Name only allowed regions/,
  );
  expect(json.response.status.message).toMatch(
    /\[JOURNAL_UNAVAILABLE, refused for CROSS_REGION; companyos explain CROSS_REGION\]$/,
  );
  expect(await webhook.metric("residency_unrecorded_block_total{")).toBe(1);
  expect(await webhook.metric("residency_unrecorded_allow_total{")).toBe(0);
  // A journal.gap will make up for it.
  expect(webhook.outbox.stats().regions["eu-west-1"]).toMatchObject({ unrecorded: 1 });
  expect(await webhook.metric("residency_unaccounted_answers_total{")).toBe(0);
});

test("when the journal refuses, mode Warn lets through, says so, and counts what it could not record", async () => {
  const full = () => Promise.reject(Object.assign(new Error("at its share"), { code: "tenant_full" }));
  webhook = await startTestWebhook({ journal: (outbox) => appendingWith(outbox, full) });
  const { json } = await webhook.post(review({ namespace: "globex", object: pod(inRegion("eu-west-1")) }));
  expect(json.response.allowed).toBe(true);
  expect(json.response.warnings).toEqual([
    expect.stringContaining("globex"),
    expect.stringMatching(/^JOURNAL_UNAVAILABLE: no receipt/),
  ]);
  expect(json.response.auditAnnotations).toMatchObject({ unrecorded: "JOURNAL_UNAVAILABLE" });
  expect(json.response.auditAnnotations.receipt).toBeUndefined();
  expect(await webhook.metric('residency_unrecorded_allow_total{mode="Warn",reason="tenant_full"}')).toBe(1);
  expect(await webhook.metric("residency_unrecorded_block_total{")).toBe(0);
  expect(webhook.outbox.stats().regions["us-east-1"]).toMatchObject({ unrecorded: 1 });
});

test("when the journal refuses, an audit stays silent to its user, not to those who answer for it", async () => {
  const full = () => Promise.reject(Object.assign(new Error("disk full"), { code: "full" }));
  webhook = await startTestWebhook({ enforce: false, journal: (outbox) => appendingWith(outbox, full) });
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(true);
  expect(json.response.warnings).toEqual([]);
  expect(json.response.auditAnnotations).toMatchObject({ unrecorded: "JOURNAL_UNAVAILABLE" });
  expect(await webhook.metric('residency_unrecorded_allow_total{mode="Audit",reason="full"}')).toBe(1);
  expect(webhook.outbox.stats().regions["eu-west-1"]).toMatchObject({ unrecorded: 1 });
});

test("what is refused under a home region without a notary is counted durably, for a journal.gap once it has one", async () => {
  const none = () => Promise.reject(Object.assign(new Error("no notary for it"), { code: "unknown_region" }));
  webhook = await startTestWebhook({
    journal: (outbox) => ({
      ...appendingWith(outbox, none),
      unrecorded: (answer) => outbox.unrecorded({ ...answer, region: "mars-1" }),
    }),
  });
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(false);
  expect(await webhook.metric('residency_unrecorded_block_total{reason="JOURNAL_UNAVAILABLE"}')).toBe(1);
  expect(await webhook.metric("residency_unaccounted_answers_total{")).toBe(0);
  expect(webhook.outbox.stats()).toMatchObject({ unrecorded: 1 });
});

test("what cannot even be counted is told by a metric of its own", async () => {
  const gone = () => Promise.reject(Object.assign(new Error("no notary for it"), { code: "unknown_region" }));
  webhook = await startTestWebhook({
    journal: (outbox) => ({ ...appendingWith(outbox, gone), unrecorded: gone }),
  });
  const { json } = await webhook.post(review({ object: pod(inRegion("us-east-1")) }));
  expect(json.response.allowed).toBe(false);
  expect(await webhook.metric('residency_unaccounted_answers_total{reason="unknown_region"}')).toBe(1);
});

test("sixty-four at once are each answered as the requests they are", async () => {
  webhook = await startTestWebhook();
  const requests = Array.from({ length: 64 }, (_, i) =>
    review({ uid: `u${i}`, object: pod(inRegion(i % 2 ? "us-east-1" : "eu-west-1"), { name: `p${i % 8}` }) }),
  );
  const replies = await Promise.all(requests.map((body) => webhook.post(body)));
  replies.forEach(({ json }, i) => {
    expect(json.response).toMatchObject({ uid: `u${i}`, allowed: i % 2 === 0 });
  });
  expect(appended()).toBe(4);
  expect(await webhook.metric("residency_cross_region_block_total{")).toBe(32);
});

test("a new certificate is served to new connections without a restart", async () => {
  webhook = await startTestWebhook();
  const before = await webhook.peerCertificate();
  const next = await webhook.rotate();
  const after = await webhook.peerCertificate();
  expect(after.equals(before)).toBe(false);
  expect(after.equals(new X509Certificate(next).raw)).toBe(true);
});
