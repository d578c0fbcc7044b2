/** Leaving: what is older than the rule is warned about, pins go before the product does, and nobody is stranded. */
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import {
  policy,
  readyCondition,
  region,
  startTestProduct,
  type TestProduct,
  tenant,
} from "@companyos/operator/testing/product";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";

const kinds = untyped(residencyResources);
const all = untyped(resources);
const { daemonSets, deployments, pods, nodes } = all;
const inAcme = { namespace: "acme" };
const vouched = "node-restriction.kubernetes.io/residency-region";
let product: TestProduct;
let kubeconfig: string;

const template = (name: string, spec: object = {}) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
});
const workload = (name: string, podSpec: object = {}, spec: object = {}): KubeObject => ({
  metadata: { name, namespace: "acme" },
  spec: { selector: { matchLabels: { app: name } }, template: template(name, podSpec), ...spec },
});

/** As a queue (Kueue) keeps a Job until there is room. */
const queued: KubeObject = {
  metadata: { name: "queued", namespace: "acme" },
  spec: { suspend: true, template: template("queued", { restartPolicy: "Never" }) },
};

beforeAll(async () => {
  product = await startTestProduct();
  const { kube, cluster } = product;
  ({ kubeconfig } = await cluster.createUser("anna", ["system:masters", "companyos:break-glass"]));
  for (const name of ["eu-west-1", "us-east-1"] as const) await kube.create(kinds.regions!, region(name));
  await kube.create(kinds.policies!, policy("acme", { mode: "Audit", allowed: { regions: ["eu-west-1"] } }));
  await kube.create(kinds.tenants!, tenant("acme"));
  const looked = async () => (await kube.get(kinds.tenants!, "acme")).status?.rollout?.namespaces?.length;
  await until("the operator to have looked at acme", looked);
  await kube.create(
    deployments!,
    workload("abroad", { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } }),
  );
  await until(
    "abroad to run",
    async () => (await kube.get(deployments!, "abroad", inAcme)).status?.readyReplicas === 1,
  );
  await kube.patch(kinds.policies!, "acme", "merge", { spec: { mode: "Enforce" } });
  await until("acme in Enforce", async () => {
    const { status } = await kube.get(kinds.tenants!, "acme");
    return (
      status?.rollout?.waiting?.[0]?.reason === "AsksElsewhere" &&
      (await readyCondition(kube, "acme"))?.status === "True"
    );
  });
  await kube.create(deployments!, workload("web", {}, { replicas: 2 }));
  await kube.create(daemonSets!, workload("agent"));
  // Between the two policies a namespace may come to Enforce: then this one pod is refused.
  const alone = { metadata: { name: "alone", ...inAcme }, spec: template("alone").spec };
  await until("a pod without a controller", () => kube.create(pods!, alone));
  await kube.create(deployments!, workload("broken", {}, { replicas: 0 }));
  await kube.create(all.jobs!, queued);
  // Its pods never come up, so its controller never is through with a template.
  const nowhere = { nodeSelector: { "example.com/nowhere": "true" } };
  const strategy = { rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
  await kube.create(deployments!, workload("stuck", nowhere, { strategy }));
  await until("all of it to run", running);
}, 240_000);
afterAll(() => product?.stop(), 180_000);

async function running(): Promise<boolean> {
  const { kube } = product;
  const web = await kube.get(deployments!, "web", inAcme);
  const agent = await kube.get(daemonSets!, "agent", inAcme);
  const alone = await kube.get(pods!, "alone", inAcme);
  const { desiredNumberScheduled: desired, numberReady: ready } = agent.status;
  return web.status?.readyReplicas === 2 && desired === 2 && ready === 2 && alone.status?.phase === "Running";
}

interface Item {
  readonly kind: string;
  readonly name: string;
  readonly state: string;
  readonly code?: string;
  readonly message?: string;
}

async function unpin(...flags: string[]): Promise<{ code: number; items: Item[] }> {
  const { code, stdout, stderr } = await companyos(
    "unpin",
    ...flags,
    "--kubeconfig",
    kubeconfig,
    "--output",
    "json",
  );
  expect(stderr).toBe("");
  return { code, items: JSON.parse(stdout).items };
}
const found = (items: readonly Item[]) =>
  items.map(({ kind, name, state, code }) => [kind, name, state, code]);

/** The warnings of a patch that goes through. */
async function warnings(path: string, body: object): Promise<string> {
  const { status, headers, text } = await product.kube.raw(
    `/apis/apps/v1/namespaces/acme/deployments/${path}`,
    {
      method: "PATCH",
      body: JSON.stringify(body),
      headers: { "content-type": "application/merge-patch+json" },
    },
  );
  expect([status, status < 300 ? "" : text]).toEqual([200, ""]);
  return String(headers.warning ?? "");
}

test("a restart, an image and a scale of what is older than the rule go through, and say that new pods are refused", async () => {
  const restart = (at: string) => ({
    spec: { template: { metadata: { annotations: { "kubectl.kubernetes.io/restartedAt": at } } } },
  });
  const older = /older than the rule.*new ones are refused.*us-east-1/;
  // By what the operator says in the Tenant's status, which comes to the webhook on its own way; of a template that was
  // changed since, and so pinned, it says that its pods are not replaced yet.
  await until("the warning of a scale", async () =>
    older.test(await warnings("abroad/scale?dryRun=All", { spec: { replicas: 2 } })),
  );
  // The webhook knows of the mode, and of what the operator says, a moment later.
  await until("the warning", async () =>
    older.test(await warnings("abroad", restart(new Date().toISOString()))),
  );
  expect(
    await warnings("abroad", {
      spec: { template: { spec: { containers: [{ name: "app", image: "app:2" }] } } },
    }),
  ).toMatch(older);
  expect(await warnings("abroad", { spec: { replicas: 3 } })).toMatch(older);
  expect(await warnings("abroad/scale", { spec: { replicas: 1 } })).toBe("");
  expect(await warnings("web", restart("now"))).toBe("");
  expect(await warnings("web/scale", { spec: { replicas: 2 } })).toBe("");
  const { items } = await product.kube.list(pods!, inAcme);
  const old = items.filter(({ metadata }) => metadata.name!.startsWith("abroad-"));
  expect(old.map(({ status }) => status?.phase)).toContain("Running");
  await until("web to have restarted", running);
});

test("in mode Enforce nothing is taken out: the API server would pin it again", async () => {
  const { code, items } = await unpin("--tenant", "acme", "--yes");
  expect(code).toBe(1);
  expect(found(items)).toEqual(
    expect.arrayContaining([
      ["Deployment", "web", "remains", "ENFORCED"],
      ["DaemonSet", "agent", "remains", "ENFORCED"],
      ["Pod", "alone", "remains", "ENFORCED"],
    ]),
  );
  const workloads = (of: readonly Item[]) => found(of.filter(({ kind }) => kind !== "Pod"));
  expect(workloads((await unpin("acme", "--dry-run")).items)).toEqual(workloads(items));
  const missing = await unpin("acme", "nowhere", "--dry-run");
  expect(missing.code).toBe(1);
  expect(found(missing.items)).toContainEqual(["Namespace", "nowhere", "remains", "NAMESPACE_MISSING"]);
  const unknown = await companyos("unpin", "--tenant", "nobody", "--kubeconfig", kubeconfig);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    "companyos: no namespace bears the name of tenant nobody\n",
  ]);
});

test("who may not list a kind is told which, and the others are looked at", async () => {
  const { kube, cluster } = product;
  const { kubeconfig: otto } = await cluster.createUser("otto", []);
  const may = (apiGroups: string[], names: string[]) => ({
    ...{ apiGroups, resources: names, verbs: ["get", "list"] },
  });
  await kube.create(all.clusterRoles!, {
    metadata: { name: "otto" },
    rules: [
      may([""], ["namespaces", "pods", "replicationcontrollers"]),
      may(["apps"], ["deployments", "daemonsets", "replicasets"]),
      may(["batch"], ["cronjobs"]),
    ],
  });
  await kube.create(all.clusterRoleBindings!, {
    metadata: { name: "otto" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "otto" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "otto" }],
  });
  const words = ["unpin", "--all", "--dry-run", "--kubeconfig", otto, "--output", "json"];
  const { code, items, unread } = await until(
    "the role to be in force",
    async () => {
      const { code, stdout } = await companyos(...words);
      return code === 1 ? { code, ...JSON.parse(stdout) } : undefined;
    },
    (seen) => seen !== undefined,
  );
  expect({ code, unread }).toEqual({ code: 1, unread: ["Job"] });
  expect(found(items)).toEqual(
    expect.arrayContaining([
      ["Deployment", "web", "remains", "ENFORCED"],
      ["StatefulSet", "*", "remains", "NOT_LISTED"],
    ]),
  );
});

/** Writes the pin back whenever it is gone, as a tool does that has it in Git, until it is aborted. */
async function writeBack(name: string, { signal }: AbortController): Promise<void> {
  const change = { spec: { template: { spec: { nodeSelector: { [vouched]: "eu-west-1" } } } } };
  while (!signal.aborted) {
    const { spec } = await product.kube.get(deployments!, name, inAcme);
    if (spec.template.spec.nodeSelector?.[vouched] === undefined)
      await product.kube.patch(deployments!, name, "merge", change, {
        ...inAcme,
        fieldManager: "argocd-controller",
      });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test("once enforcing has ended, pins leave, what remains is listed, and the label goes last", async () => {
  const { kube, cluster } = product;
  // The product is gone, and its operator cannot do any of it.
  await product.stopOperator();
  for (const resource of [
    all.mutatingAdmissionPolicyBindings,
    all.mutatingAdmissionPolicies,
    all.validatingAdmissionPolicyBindings,
    all.validatingAdmissionPolicies,
    all.validatingWebhookConfigurations,
    all.mutatingWebhookConfigurations,
  ])
    await kube.deleteCollection(resource!, { labelSelector: "app.kubernetes.io/component=admission" });
  const bare = async () => {
    const made = await kube.create(
      pods!,
      { metadata: { generateName: "probe-", ...inAcme }, spec: template("probe").spec },
      { dryRun: true },
    );
    return !JSON.stringify(made.spec).includes(vouched);
  };
  await until("the API server to pin no more", bare);

  const looked = await unpin("--all", "--dry-run");
  expect(looked.code).toBe(1);
  expect(found(looked.items)).toEqual(
    expect.arrayContaining([
      ["Deployment", "web", "pinned", undefined],
      ["DaemonSet", "agent", "pinned", undefined],
      ["Job", "queued", "pinned", undefined],
    ]),
  );
  // One whose update fails, and one that somebody else has as it was.
  await kube.patch(deployments!, "broken", "merge", { metadata: { labels: { app: "broken" } } }, inAcme);
  await kube.create(all.validatingWebhookConfigurations!, {
    metadata: { name: "breaks" },
    webhooks: [
      {
        name: "breaks.example.com",
        clientConfig: { url: "https://127.0.0.1:1/" },
        rules: [
          { apiGroups: ["apps"], apiVersions: ["v1"], operations: ["UPDATE"], resources: ["deployments"] },
        ],
        objectSelector: { matchLabels: { app: "broken" } },
        timeoutSeconds: 1,
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
      },
    ],
  });
  const isBroken = async () => {
    const change = { metadata: { annotations: { "example.com/asked": "true" } } };
    const asked = kube.patch(deployments!, "broken", "merge", change, { ...inAcme, dryRun: true });
    return asked.then(
      () => false,
      () => true,
    );
  };
  await until("the webhook to be in force", isBroken);
  const writing = new AbortController();
  const writer = writeBack("stuck", writing);
  const first = await unpin("--all", "--yes", "--node-labels").finally(() => writing.abort());
  await writer;
  expect(first.code).toBe(1);
  expect(found(first.items)).toEqual(
    expect.arrayContaining([
      ["Deployment", "web", "unpinned", undefined],
      ["DaemonSet", "agent", "unpinned", undefined],
      ["Job", "queued", "unpinned", undefined],
      ["Deployment", "broken", "remains", "FAILED"],
      ["Deployment", "stuck", "remains", "WRITTEN_BACK"],
      ["Pod", "alone", "remains", "POD_PINNED"],
      ["Node", "*", "remains", "LABEL_NAMED"],
    ]),
  );
  const messages = new Map(first.items.map(({ name, message }) => [name, message]));
  expect(messages.get("stuck")).toMatch(/^argocd-controller writes the pin back .* out of Git/);
  expect(messages.get("broken")).toMatch(/breaks\.example\.com/);
  const labelled = async () => (await kube.list(nodes!, { labelSelector: vouched })).items.length;
  expect(await labelled()).toBe(4);

  await kube.delete(all.validatingWebhookConfigurations!, "breaks");
  await until("the webhook to be gone", async () => !(await isBroken()));
  await kube.delete(pods!, "alone", { ...inAcme, gracePeriodSeconds: 0 });
  await kube.delete(deployments!, "stuck", { ...inAcme, propagationPolicy: "Foreground" });
  await until("the lonely pod gone", async () => !(await kube.find(pods!, "alone", inAcme)));
  await until("what is stuck gone", async () => !(await kube.find(deployments!, "stuck", inAcme)));
  // A rollback would bring the pin back, to nodes that there are none of then.
  const second = await unpin("--all", "--yes", "--node-labels");
  expect(second.code).toBe(1);
  const kept = second.items.filter(({ state }) => state !== "unpinned");
  expect(new Set(kept.map(({ kind, state, code }) => [kind, state, code].join(" ")))).toEqual(
    new Set([
      "ReplicaSet remains REVISION_PINNED",
      "ControllerRevision remains REVISION_PINNED",
      "Node remains LABEL_NAMED",
    ]),
  );
  expect(await labelled()).toBe(4);
  const last = await unpin("--all", "--yes", "--old-revisions", "--node-labels");
  expect([last.code, last.items.filter(({ state }) => !/unpinned|deleted/.test(state))]).toEqual([0, []]);
  expect(new Set(last.items.filter(({ state }) => state === "deleted").map(({ kind }) => kind))).toEqual(
    new Set(["ReplicaSet", "ControllerRevision"]),
  );
  expect(await labelled()).toBe(0);
  await cluster.addNode({ name: "joined-later" });
  await until("the DaemonSet on every node, the new one too", async () => {
    const { status } = await kube.get(daemonSets!, "agent", inAcme);
    return status.desiredNumberScheduled === 5 && status.numberReady === 5;
  });
});

test("what to do is said, and can be done, where the Tenant of an enforced namespace is gone", async () => {
  const { kube } = product;
  const mode = async (name: string) =>
    (await kube.find(all.namespaces!, name))?.metadata.labels?.["residency.companyos.io/mode"];
  await product.startOperator();
  await kube.create(kinds.tenants!, tenant("gone", { namespaces: ["gone-too"] }));
  for (const name of ["gone", "gone-too"])
    await until(`the namespace ${name} in Enforce`, async () => (await mode(name)) === "Enforce");
  const inGone = { namespace: "gone-too" };
  const app = { ...workload("app", {}, { replicas: 0 }), metadata: { name: "app", ...inGone } };
  const pinnedNow = async () => {
    const { spec } = await kube.get(deployments!, "app", inGone);
    return spec.template.spec.nodeSelector?.[vouched] !== undefined;
  };
  await until("a template there to be pinned", async () => {
    await kube.delete(deployments!, "app", inGone);
    await kube.create(deployments!, app);
    return pinnedNow();
  });
  await kube.delete(kinds.tenants!, "gone");
  await until("the Tenant gone", async () => !(await kube.find(kinds.tenants!, "gone")));
  const { items } = await unpin("gone-too", "--dry-run");
  expect(found(items)).toEqual([["Deployment", "app", "remains", "ENFORCED"]]);
  expect(items[0]!.message).toMatch(
    /no ResidencyPolicy reaches it, since its Tenant gone is gone.*companyos adopt gone-too --tenant NAME.*enforce to false/,
  );
  await kube.patch(kinds.policies!, "acme", "merge", { spec: { mode: "Audit" } });
  await kube.create(kinds.tenants!, tenant("keeper"));
  await until("keeper in Audit", async () => (await mode("keeper")) === "Audit");
  const words = ["adopt", "gone-too", "--tenant", "keeper", "--yes", "--kubeconfig", kubeconfig];
  expect(await companyos(...words)).toMatchObject({ code: 0 });
  await until("the operator to have taken the pin out", async () => !(await pinnedNow()));
});

test("enforcing that is switched off ends in namespaces whose Tenant is gone, too", async () => {
  const { kube } = product;
  const mode = async (name: string) =>
    (await kube.find(all.namespaces!, name))?.metadata.labels?.["residency.companyos.io/mode"];
  await product.stopOperator();
  expect(await mode("gone")).toBe("Enforce");
  await product.startOperator(() => ({ enforce: false }));
  await until(
    "both in Audit",
    async () => [await mode("gone"), await mode("acme")],
    (modes) => modes.every((seen) => seen === "Audit"),
  );
});
