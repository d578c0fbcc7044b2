/** A node whose kubelet lies about its region, and one that has just joined: what that does to lawful pods. */
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { as, type Call, merge } from "./as.ts";
import { declareAcme, startTestProduct, type TestProduct } from "./product.ts";

const restricted = "node-restriction.kubernetes.io/residency-region";
const topology = "topology.kubernetes.io/region";
const zone = "topology.kubernetes.io/zone";
const pods = resources.pods as Resource;
const inAcme = { namespace: "acme" };
const nodePath = (name: string) => `/api/v1/nodes/${name}`;

let product: TestProduct;
let kubelet: Call & { close(): Promise<void> };

beforeAll(async () => {
  product = await startTestProduct();
  const { kube, cluster } = product;
  await declareAcme(kube);
  await cluster.addNode({ name: "us-east-1-liar", region: "us-east-1", zone: "us-east-1a" });
  await until(
    "the liar's label",
    () => labelsOf("us-east-1-liar"),
    (seen) => seen[restricted] === "us-east-1",
  );
  kubelet = await as(cluster, "system:node:us-east-1-liar", ["system:nodes"]);
  const lie = { metadata: { labels: { [topology]: "eu-west-1", [zone]: "eu-west-1a" } } };
  expect((await kubelet("PATCH", nodePath("us-east-1-liar"), lie, merge)).status).toBe(200);
  expect(await labelsOf("us-east-1-liar")).toMatchObject({
    [topology]: "eu-west-1",
    [restricted]: "us-east-1",
  });
}, 180_000);
afterAll(async () => {
  await kubelet?.close();
  await product?.stop();
}, 180_000);

async function labelsOf(name: string): Promise<Record<string, string>> {
  return (await product.kube.get(resources.nodes as Resource, name)).metadata.labels ?? {};
}

const workload = (kind: string, name: string, more: object): KubeObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: { name, namespace: "acme" },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "nginx:1.29" }] },
    },
    ...more,
  },
});

async function nodesOf(app: string): Promise<string[]> {
  const { items } = await product.kube.list(pods, { ...inAcme, labelSelector: `app=${app}` });
  return items
    .filter(({ status }) => status?.phase === "Running")
    .map(({ spec }) => spec.nodeName as string)
    .sort();
}

/** Bindings refused so far: the webhook is asked first, else the API server refuses by itself and counts it. */
async function refusedBinds(by: "webhook" | "API server"): Promise<number> {
  const sum = (counts: string[][]) => counts.reduce((all, found) => all + Number(found.at(-1)), 0);
  if (by === "webhook") {
    const page = await (await fetch(product.metrics.webhook)).text();
    return sum([...page.matchAll(/^residency_cross_region_block_total\S* (\S+)$/gm)]);
  }
  const { text } = await product.kube.raw("/metrics");
  const checks = text.matchAll(/^apiserver_validating_admission_policy_check_total\{([^}]*)\} (\S+)$/gm);
  const denied = /enforcement_action="deny".*policy="companyos-actual-node"/;
  return sum([...checks].filter(([, labels]) => denied.test(labels!)));
}

test("a Deployment and a DaemonSet become ready at home, and nobody tries the liar", async () => {
  const { kube } = product;
  const before = await refusedBinds("webhook");
  // More than a scheduler would put on the nodes at home if the empty liar were as good.
  await kube.create(resources.deployments as Resource, workload("Deployment", "web", { replicas: 12 }));
  await kube.create(resources.daemonSets as Resource, workload("DaemonSet", "agent", {}));
  await until("the Deployment", async () => {
    const { status } = await kube.get(resources.deployments as Resource, "web", inAcme);
    return status?.readyReplicas === 12 && status.availableReplicas === 12;
  });
  await until("the DaemonSet", async () => {
    const { status } = await kube.get(resources.daemonSets as Resource, "agent", inAcme);
    return status?.desiredNumberScheduled === 2 && status.numberReady === 2;
  });
  expect(await nodesOf("agent")).toEqual(["eu-west-1-0", "eu-west-1-1"]);
  expect(new Set(await nodesOf("web"))).toEqual(new Set(["eu-west-1-0", "eu-west-1-1"]));
  expect(await refusedBinds("webhook")).toBe(before);
  expect(await refusedBinds("API server")).toBe(0);
}, 180_000);

test("with the webhook gone it is the same", async () => {
  const { kube } = product;
  await product.stopWebhook();
  try {
    await kube.create(resources.deployments as Resource, workload("Deployment", "alone", { replicas: 6 }));
    await until(
      "the Deployment",
      () => nodesOf("alone"),
      (seen) => seen.length === 6,
    );
    expect((await nodesOf("alone")).every((name) => /^eu-west-1-\d$/.test(name))).toBe(true);
    expect(await refusedBinds("API server")).toBe(0);
  } finally {
    await product.startWebhook();
  }
}, 180_000);

test("a node that joins takes part as soon as it is vouched for", async () => {
  const { kube, cluster } = product;
  await cluster.addNode({ name: "eu-west-1-2", region: "eu-west-1", zone: "eu-west-1a" });
  await until(
    "a DaemonSet's pod on it",
    () => nodesOf("agent"),
    (seen) => seen.includes("eu-west-1-2"),
  );
  await until("its DaemonSet to say so", async () => {
    const { status } = await kube.get(resources.daemonSets as Resource, "agent", inAcme);
    return status?.desiredNumberScheduled === 3;
  });
  expect(await labelsOf("eu-west-1-2")).toMatchObject({ [restricted]: "eu-west-1" });
  // The API server's map had it before the scheduler could choose it.
  expect(await refusedBinds("API server")).toBe(0);
}, 180_000);

test("pods that wait for a node are placed once the first one is vouched for", async () => {
  const { kube, cluster } = product;
  const only = { nodeSelector: { disktype: "ssd" } };
  const waiting = workload("Deployment", "waiting", { replicas: 2 });
  Object.assign(waiting.spec.template.spec, only);
  await kube.create(resources.deployments as Resource, waiting);
  await product.stopOperator();
  try {
    const labels = { disktype: "ssd" };
    await cluster.addNode({ name: "eu-west-1-ssd", region: "eu-west-1", zone: "eu-west-1a", labels });
    await until("the scheduler to have looked", async () => {
      const { items } = await kube.list(pods, { ...inAcme, labelSelector: "app=waiting" });
      return (
        items.length === 2 &&
        items.every(({ status }) =>
          status?.conditions?.some(({ reason }: { reason?: string }) => reason === "Unschedulable"),
        )
      );
    });
    expect((await labelsOf("eu-west-1-ssd"))[restricted]).toBeUndefined();
    expect(await nodesOf("waiting")).toEqual([]);
  } finally {
    await product.startOperator();
  }
  await until(
    "both pods",
    () => nodesOf("waiting"),
    (seen) => seen.length === 2,
  );
  expect(await nodesOf("waiting")).toEqual(["eu-west-1-ssd", "eu-west-1-ssd"]);
}, 180_000);

test("whoever asks for another region by the label that nobody can forge is told", async () => {
  const { kube } = product;
  const exile = workload("Deployment", "exile", { replicas: 1 });
  Object.assign(exile.spec.template.spec, {
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: restricted, operator: "In", values: ["us-east-1"] }] },
          ],
        },
      },
    },
  });
  const refusal = kube.create(resources.deployments as Resource, exile);
  await expect(refusal).rejects.toThrow(/asks for us-east-1, .*\[CROSS_REGION, receipt /);
  const home = structuredClone(exile);
  home.spec.template.spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[0].matchExpressions[0].values =
    ["eu-west-1"];
  await kube.create(resources.deployments as Resource, home);
  await until(
    "its pod",
    () => nodesOf("exile"),
    (seen) => seen.length === 1,
  );
}, 180_000);
