/** What `companyos preflight` says of a real API server. The cluster is shared: only what is its own here is looked for. */
import { type ClusterAccess, sharedCluster } from "@companyos/cluster";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Item } from "../src/preflight/item.ts";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-preflight-");
const node = "preflight-node";
const engine = "preflight-engine";
const storageClass = "preflight-fast";
const role = "preflight-installs";
const hooks = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations";
const rbac = "/apis/rbac.authorization.k8s.io/v1";
let cluster: ClusterAccess;

beforeAll(async () => {
  cluster = await sharedCluster();
  const labels = { "topology.kubernetes.io/region": "preflight-1" };
  await cluster.request("POST", "/api/v1/nodes", { metadata: { name: node, labels } });
  await cluster.request("POST", "/apis/storage.k8s.io/v1/storageclasses", {
    metadata: { name: storageClass },
    provisioner: "example.com/none",
  });
  await cluster.request("POST", hooks, {
    metadata: { name: engine },
    webhooks: [
      {
        name: "pods.preflight.example.com",
        clientConfig: { url: "https://127.0.0.1:9/" },
        rules: [{ apiGroups: [""], apiVersions: ["v1"], operations: ["CREATE"], resources: ["pods"] }],
        // It is there to be seen, and is asked about nothing.
        objectSelector: { matchLabels: { preflight: "none" } },
        failurePolicy: "Ignore",
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  // Whoever may install, and may look at nothing else.
  await cluster.request("POST", `${rbac}/clusterroles`, {
    metadata: { name: role },
    rules: [{ apiGroups: ["*"], resources: ["*"], verbs: ["get", "create", "patch"] }],
  });
  await cluster.request("POST", `${rbac}/clusterrolebindings`, {
    metadata: { name: role },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "Group", name: role }],
  });
}, 300_000);

afterAll(async () => {
  for (const path of [
    `/api/v1/nodes/${node}`,
    `/apis/storage.k8s.io/v1/storageclasses/${storageClass}`,
    `${hooks}/${engine}`,
    `${rbac}/clusterrolebindings/${role}`,
    `${rbac}/clusterroles/${role}`,
  ])
    await cluster?.request("DELETE", path).catch(() => {});
});

async function preflight(kubeconfig: string, ...words: string[]) {
  const { code, stdout, stderr } = await companyos(
    ...["preflight", "--kubeconfig", kubeconfig, "--output", "json", ...words],
  );
  const { items } = JSON.parse(stdout) as { items: Item[] };
  const state = Object.fromEntries(items.map((item) => [item.check, item.state]));
  return { code, stderr, items, state };
}

const values = (region: string, className: string) =>
  JSON.stringify({
    companyos: { residency: { regions: [region] } },
    notary: { jurisdictions: { [region]: "EU" }, store: { storageClassName: className } },
    operator: { journal: { storageClassName: className } },
    webhook: { journal: { storageClassName: className } },
  });

test("an administrator is told what the cluster has, another engine by its name, and nothing is written", async () => {
  const path = await file("values.yaml", values("preflight-1", storageClass));
  const { items, state } = await preflight(cluster.kubeconfig, "--values", path);
  expect(state).toMatchObject({
    "API server": "ok",
    "Admission APIs": "ok",
    "Admission plugins": "ok",
    NodeRestriction: "ok",
    // Nobody can ask.
    NetworkPolicies: "warning",
    "Notary of preflight-1": "ok",
    "Storage classes": "ok",
    "Priority class": "ok",
    Values: "ok",
    Rights: "ok",
    "Rights to give rights": "ok",
  });
  expect(items).toContainEqual(
    expect.objectContaining({
      ...{ check: `MutatingWebhookConfiguration ${engine} (pods.preflight.example.com)`, state: "warning" },
      detail: "it may change pods",
    }),
  );
  const { metadata } = (await cluster.request("GET", `/api/v1/nodes/${node}`)) as {
    metadata: { labels: object };
  };
  expect(JSON.stringify(metadata.labels)).not.toContain("companyos-preflight");
});

test("what values ask for and the cluster has not is missing, with what to do", async () => {
  const path = await file("elsewhere.yaml", values("preflight-2", "preflight-none"));
  const words = ["--values", path, "--kubeconfig", cluster.kubeconfig];
  const { code, stdout } = await companyos("preflight", ...words);
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /Notary of preflight-2 +MISSING +no node has topology\.kubernetes\.io\/region=preflight-2/,
  );
  expect(stdout).toMatch(/MISSING Storage classes: there are: .*preflight-fast/);
});

test("what Deny would reach, and what runs there, is named before it is set", async () => {
  const namespace = "preflight-unclaimed";
  await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
  try {
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    const spec = { containers: [{ name: "c", image: "none" }], schedulerName: "none" };
    await until("its account", () => cluster.request("POST", pods, { metadata: { name: "bare" }, spec }));
    const path = await file("deny.yaml", "companyos: { residency: { unclaimed: { action: Deny } } }\n");
    const { items } = await preflight(cluster.kubeconfig, "--values", path);
    expect(items).toContainEqual({
      ...{ check: `Unclaimed namespace ${namespace}`, state: "warning" },
      detail: expect.stringContaining("Pod bare"),
      todo: expect.stringContaining("companyos.residency.unclaimed.except"),
    });
  } finally {
    await cluster.request("DELETE", `/api/v1/namespaces/${namespace}`);
  }
});

test("whoever lacks rights is told which, and what could not be looked at for it", async () => {
  const nobody = await cluster.createUser("preflight-nobody", []);
  const none = await preflight(nobody.kubeconfig);
  expect(none.code).toBe(1);
  expect(none.state).toMatchObject({
    Rights: "missing",
    Nodes: "unknown",
    "Admission plugins": "warning",
    NodeRestriction: "unknown",
    "Storage classes": "unknown",
  });
  expect(none.items.find(({ check }) => check === "Rights")?.detail).toContain(
    "create customresourcedefinitions",
  );
  const installs = await cluster.createUser("preflight-installs", [role]);
  const some = await preflight(installs.kubeconfig);
  expect(some.state).toMatchObject({
    ...{ "API server": "ok", Rights: "ok", "Rights to give rights": "warning" },
    ...{ Nodes: "unknown", "Other engines": "unknown", NodeRestriction: "unknown" },
  });
  expect(some.code).not.toBe(0);
});
