import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@companyos/cluster";
import { connect, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type AdmissionSettings, admissionObjects } from "../src/admission/objects/index.ts";

const settings: AdmissionSettings = {
  productNamespace: "companyos-system",
  webhook: { url: "https://127.0.0.1:1/admit" },
  caBundle: "none",
  whenUnavailable: "available",
  timeoutSeconds: 5,
};
const count = 10_000;
const nameOf = (i: number) => `ip-10-${i >> 16}-${(i >> 8) & 255}-${i & 255}.compute.internal.example.com`;
const regionOf = (i: number) => ["eu-west-1", "us-east-1", "eu-central-1"][i % 3]!;
const vaps = resources.validatingAdmissionPolicies as Resource;

let cluster: Cluster;
let kube: KubeClient;

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "companyos-node-map-"));
  cluster = await startCluster({ stateDir, components: ["etcd", "kube-apiserver"] });
  kube = await connect({ kubeconfig: cluster.kubeconfig });
  await kube.create(resources.namespaces, {
    metadata: {
      name: "acme",
      labels: { "residency.companyos.io/tenant": "acme", "residency.companyos.io/mode": "Enforce" },
      annotations: { "residency.companyos.io/allowed-regions": "eu-central-1,eu-west-1" },
    },
  });
  await kube.create(resources.serviceAccounts, { metadata: { name: "default", namespace: "acme" } });
}, 120_000);
afterAll(async () => {
  await kube?.close();
  await cluster?.stop({ discard: true });
  if (cluster) await rm(cluster.stateDir, { recursive: true, force: true });
});

const objects = (size: number) =>
  admissionObjects(settings, {
    nodes: new Map(Array.from({ length: size }, (_, i) => [nameOf(i), regionOf(i)])),
    reserved: new Set(),
  }).filter(({ metadata }) => metadata.name === "companyos-actual-node") as [KubeObject, KubeObject];

const onNode = (node: string) =>
  kube.raw("/api/v1/namespaces/acme/pods?dryRun=All", {
    method: "POST",
    body: {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { generateName: "probe-" },
      spec: { nodeName: node, containers: [{ name: "main", image: "nginx:1.29" }] },
    },
  });

async function median(node: string): Promise<number> {
  const times: number[] = [];
  for (let i = 0; i < 41; i += 1) {
    const began = performance.now();
    await onNode(node);
    times.push(performance.now() - began);
  }
  return times.sort((a, b) => a - b)[20]!;
}

test("10,000 nodes fit one policy: each is known, unknown names are refused, and a change is soon in force", async () => {
  const free = await median(nameOf(0));
  const [policy, binding] = objects(count);
  await kube.create(vaps, policy);
  await kube.create(resources.validatingAdmissionPolicyBindings as Resource, binding);
  await until(
    "the policy to be in force",
    () => onNode("ghost"),
    (seen) => seen.status === 403,
  );

  const sample = Array.from({ length: 120 }, (_, i) => (i * 8_317 + 5) % count);
  for (const i of [...sample, 0, count - 1]) {
    const { status, text } = await onNode(nameOf(i));
    if (regionOf(i) === "us-east-1") {
      expect(status).toBe(403);
      expect(text).toContain(
        `node ${nameOf(i)} is in us-east-1; tenant acme may use eu-central-1,eu-west-1 (policy companyos-actual-node)`,
      );
    } else expect([status, text]).toEqual([201, expect.any(String)]);
  }
  for (const name of ["ghost", nameOf(count), "ip-10-0-0-0", "eu-west-1"]) {
    const { status, text } = await onNode(name);
    expect([status, text.includes("is in no region that anybody vouches for")]).toEqual([403, true]);
  }

  const live = await kube.get(vaps, "companyos-actual-node");
  const began = performance.now();
  await kube.patch(vaps, "companyos-actual-node", "json", [
    { op: "test", path: "/metadata/resourceVersion", value: live.metadata.resourceVersion },
    { op: "add", path: "/spec", value: objects(count + 3)[0].spec },
  ]);
  const written = performance.now() - began;
  await until(
    "the new node",
    () => onNode(nameOf(count + 2)),
    (seen) => seen.status === 201,
  );
  const inForce = performance.now() - began;
  const guarded = await median(nameOf(0));
  process.stderr.write(
    `node map of ${count}: ${JSON.stringify(policy).length} bytes, written in ${written.toFixed(0)} ms, in force after ` +
      `${inForce.toFixed(0)} ms; a pod with a node name takes ${guarded.toFixed(2)} ms (${free.toFixed(2)} ms without)\n`,
  );
}, 180_000);
