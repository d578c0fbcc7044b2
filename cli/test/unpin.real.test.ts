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
  // The webhook knows of the mode, and of what the operator says, a moment later.
  await until("the warning", async () =>
    older.test(await warnings("abroad", restart(new Date().toISOString()))),
  );
  expect(
    await warnings("abroad", {
      spec: { template: { spec: { containers: [{ name: "app", image: "app:2" }] } } },
    }),
  ).toMatch(older);
  // By what the operator says in the Tenant's status, which comes to the webhook on its own way.
  await until("the warning of a scale", async () =>
    older.test(await warnings("abroad/scale?dryRun=All", { spec: { replicas: 2 } })),
  );
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
  const unknown = await companyos("unpin", "--tenant", "nobody", "--kubeconfig", kubeconfig);
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    "companyos: no namespace bears the name of tenant nobody\n",
  ]);
});

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
    ]),
  );
  const first = await unpin("--all", "--yes", "--node-labels");
  expect(first.code).toBe(1);
  expect(found(first.items)).toEqual(
    expect.arrayContaining([
      ["Deployment", "web", "unpinned", undefined],
      ["DaemonSet", "agent", "unpinned", undefined],
      ["Pod", "alone", "remains", "POD_PINNED"],
      ["Node", "*", "remains", "LABEL_NAMED"],
    ]),
  );
  const labelled = async () => (await kube.list(nodes!, { labelSelector: vouched })).items.length;
  expect(await labelled()).toBe(4);

  await kube.delete(pods!, "alone", { ...inAcme, gracePeriodSeconds: 0 });
  await until("the lonely pod gone", async () => !(await kube.find(pods!, "alone", inAcme)));
  const last = await unpin("--all", "--yes", "--node-labels");
  expect([last.code, last.items.filter(({ state }) => state !== "unpinned")]).toEqual([0, []]);
  expect(await labelled()).toBe(0);
  await cluster.addNode({ name: "joined-later" });
  await until("the DaemonSet on every node, the new one too", async () => {
    const { status } = await kube.get(daemonSets!, "agent", inAcme);
    return status.desiredNumberScheduled === 5 && status.numberReady === 5;
  });
});

test("enforcing that is switched off ends in namespaces whose Tenant is gone, too", async () => {
  const { kube } = product;
  const mode = async (name: string) =>
    (await kube.find(all.namespaces!, name))?.metadata.labels?.["residency.companyos.io/mode"];
  await product.startOperator();
  await kube.create(kinds.tenants!, tenant("gone"));
  await until("the namespace of gone in Enforce", async () => (await mode("gone")) === "Enforce");
  await kube.delete(kinds.tenants!, "gone");
  await until("the Tenant gone", async () => !(await kube.find(kinds.tenants!, "gone")));
  await product.stopOperator();
  expect(await mode("gone")).toBe("Enforce");
  await product.startOperator(() => ({ enforce: false }));
  await until(
    "both in Audit",
    async () => [await mode("gone"), await mode("acme")],
    (modes) => modes.every((seen) => seen === "Audit"),
  );
});
