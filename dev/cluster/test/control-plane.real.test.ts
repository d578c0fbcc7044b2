import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { isAlive, startTimeOf } from "../src/identity.ts";
import { type Cluster, endRecorded, startCluster } from "../src/index.ts";
import { readLedger, writeLedger } from "../src/ledger.ts";

// A cluster of its own: these tests break it.
let stateDir: string;
let cluster: Cluster;
const unasked: string[] = [];

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "companyos-cluster-"));
  cluster = await startCluster({
    stateDir,
    regions: [
      { name: "us-east-1", nodes: 1 },
      { name: "eu-west-1", nodes: 3, zones: ["eu-west-1a", "eu-west-1b"] },
    ],
    args: { "kube-apiserver": ["--max-requests-inflight=321"] },
    onExit: ({ component }) => unasked.push(component),
  });
}, 900_000);

afterAll(async () => {
  await cluster?.stop();
  await rm(stateDir, { recursive: true, force: true });
}, 180_000);

interface Node {
  metadata: { name: string; labels: Record<string, string> };
  status: { conditions: { type: string; status: string }[] };
}

test("nodes of every region are Ready, in the zones they were given", async () => {
  const { items } = (await cluster.request("GET", "/api/v1/nodes")) as { items: Node[] };
  const seen = items.map((node) => [
    node.metadata.name,
    node.metadata.labels["topology.kubernetes.io/region"],
    node.metadata.labels["topology.kubernetes.io/zone"],
    node.status.conditions.find(({ type }) => type === "Ready")?.status,
  ]);
  expect(seen).toEqual([
    ["eu-west-1-0", "eu-west-1", "eu-west-1a", "True"],
    ["eu-west-1-1", "eu-west-1", "eu-west-1b", "True"],
    ["eu-west-1-2", "eu-west-1", "eu-west-1a", "True"],
    ["us-east-1-0", "us-east-1", "us-east-1a", "True"],
  ]);
});

test("a pod is placed by the real scheduler and reported Running; the API server is restarted under it", async () => {
  const pod = (name: string, zone: string) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name },
    spec: {
      nodeSelector: { "topology.kubernetes.io/zone": zone },
      containers: [{ name: "main", image: "example.invalid/main" }],
    },
  });
  const run = async (name: string, zone: string) => {
    await cluster.request("POST", "/api/v1/namespaces/default/pods", pod(name, zone));
    // Who met an API server that was away tries again later and later, up to half a minute.
    const running = await until(
      `${name} Running`,
      () => cluster.request("GET", `/api/v1/namespaces/default/pods/${name}`) as Promise<PodView>,
      (view) => view.status.phase === "Running",
      { timeoutMs: 60_000 },
    );
    return [running.spec.nodeName, running.status.phase];
  };
  interface PodView {
    spec: { nodeName?: string };
    status: { phase: string };
  }
  expect(await run("before", "eu-west-1b")).toEqual(["eu-west-1-1", "Running"]);

  await cluster.kill("kube-apiserver");
  await expect(cluster.request("GET", "/version")).rejects.toMatchObject({ code: expect.any(String) });
  await cluster.restart("kube-apiserver");
  expect(await run("after", "us-east-1a")).toEqual(["us-east-1-0", "Running"]);
  expect(unasked).toEqual([]);
});

test("a node that is added becomes Ready; one without a region has no topology labels", async () => {
  await cluster.addNode({ name: "adrift", labels: { rack: "7" } });
  const node = (await cluster.request("GET", "/api/v1/nodes/adrift")) as Node;
  expect(node.status.conditions.find(({ type }) => type === "Ready")?.status).toBe("True");
  expect(node.metadata.labels.rack).toBe("7");
  expect(Object.keys(node.metadata.labels).filter((label) => label.startsWith("topology."))).toEqual([]);
});

test("service account tokens and users say who they are", async () => {
  const token = await cluster.serviceAccountToken("default", "default", 600);
  const review = (await cluster.request("POST", "/apis/authentication.k8s.io/v1/tokenreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenReview",
    spec: { token },
  })) as { status: { user: { username: string } } };
  expect(review.status.user.username).toBe("system:serviceaccount:default:default");

  const user = await cluster.createUser("mallory", ["tenants"]);
  const { Api } = await import("../src/api.ts");
  const api = new Api({ url: cluster.url, caPem: cluster.caPem, ...user });
  const self = (await api.json("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", {
    apiVersion: "authentication.k8s.io/v1",
    kind: "SelfSubjectReview",
  })) as { status: { userInfo: { username: string; groups: string[] } } };
  expect(self.status.userInfo).toMatchObject({
    username: "mallory",
    groups: expect.arrayContaining(["tenants"]),
  });
  await expect(api.json("GET", "/api/v1/secrets")).rejects.toMatchObject({
    code: "API_REFUSED",
    status: 403,
  });
  api.close();
});

test("a cluster without scheduler and nodes can be stopped and continued with what it held", async () => {
  const folder = await mkdtemp(join(tmpdir(), "companyos-again-"));
  const options = { stateDir: folder, components: ["etcd", "kube-apiserver"], regions: [] } as const;
  const first = await startCluster(options);
  await first.request("POST", "/api/v1/namespaces", { metadata: { name: "kept" } });
  await first.stop();
  const second = await startCluster({ ...options, fresh: false });
  expect(second.caPem).toBe(first.caPem);
  expect(await second.request("GET", "/api/v1/namespaces/kept")).toMatchObject({
    status: { phase: "Active" },
  });
  await second.request("POST", "/api/v1/namespaces/kept/pods", {
    metadata: { name: "unplaced" },
    spec: { containers: [{ name: "main", image: "example.invalid/main" }] },
  });
  await second.stop();
  const third = await startCluster(options);
  await expect(third.request("GET", "/api/v1/namespaces/kept")).rejects.toMatchObject({ status: 404 });
  await third.stop();
  await rm(folder, { recursive: true, force: true });
}, 180_000);

test("a flag that makes a component end is reported with the tail of its log", async () => {
  const broken = await mkdtemp(join(tmpdir(), "companyos-broken-"));
  await expect(
    startCluster({
      stateDir: broken,
      components: ["etcd", "kube-apiserver"],
      args: { "kube-apiserver": ["--no-such-flag"] },
    }),
  ).rejects.toMatchObject({
    code: "COMPONENT_DIED",
    message: expect.stringContaining("unknown flag: --no-such-flag"),
  });
  expect(readLedger(broken)?.processes).toEqual([]);
  await rm(broken, { recursive: true, force: true });
}, 180_000);

test("leftovers of an owner that was killed are ended, a foreign process is spared", async () => {
  const foreign = spawn("sleep", ["60"], { stdio: "ignore" });
  const ledger = readLedger(stateDir)!;
  expect(ledger.processes.map(({ name }) => name).toSorted()).toEqual([
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kwok",
  ]);
  const foreignStart = await startTimeOf(foreign.pid!);
  writeLedger(stateDir, {
    ...ledger,
    processes: [...ledger.processes, { name: "foreign", pid: foreign.pid!, startTime: `${foreignStart}0` }],
  });
  const { ended, spared } = await endRecorded(stateDir);
  expect(ended.toSorted()).toEqual(ledger.processes.map(({ name }) => name).toSorted());
  expect(spared).toEqual(["foreign"]);
  for (const recorded of ledger.processes) expect(await isAlive(recorded)).toBe(false);
  expect(await startTimeOf(foreign.pid!)).toBe(foreignStart);
  foreign.kill("SIGKILL");
}, 180_000);
