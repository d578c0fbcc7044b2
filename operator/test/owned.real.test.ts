/**
 * Server-side apply by those whose workloads are pinned, as Helm 4 does it: by kubectl, under their own names, without force. What
 * the operator does to a template is no conflict for its author.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { residencyResources } from "@companyos/inventory";
import type { KubeObject, Resource } from "@companyos/kube";
import { resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { policy, region, startTestProduct, type TestProduct, tenant } from "./product.ts";

const kinds = untyped(residencyResources);
const { configMaps, daemonSets, deployments, pods, statefulSets } = untyped(resources);
const eu = "eu-west-1";
const us = "us-east-1";
const vouched = "node-restriction.kubernetes.io/residency-region";
const inAcme = { namespace: "acme" };
const linux = { "kubernetes.io/os": "linux" };
const terms = {
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [
        { matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] },
      ],
    },
  },
};

let product: TestProduct;
let scratch: string;
let kubectlPath: string;
const resourceOf: Record<string, Resource> = {
  DaemonSet: daemonSets!,
  Deployment: deployments!,
  StatefulSet: statefulSets!,
};

function workload(
  kind: string,
  name: string,
  image: string,
  podSpec: object,
  metadata: object = {},
): KubeObject {
  const more = kind === "DaemonSet" ? {} : { replicas: 1 };
  const template = {
    metadata: { labels: { app: name } },
    spec: { containers: [{ name: "app", image }], ...podSpec },
  };
  return {
    apiVersion: "apps/v1",
    kind,
    metadata: { name, ...inAcme, ...metadata },
    spec: { selector: { matchLabels: { app: name } }, ...more, template },
  };
}

/** A chart: every kind of thing that its author may say of nodes. */
const release = (image: string): KubeObject[] => [
  workload("DaemonSet", "agent", image, { nodeSelector: linux }),
  workload("Deployment", "termed", image, { affinity: terms }),
  workload("Deployment", "plain", image, {}),
];

async function apply(object: KubeObject, ...words: string[]): Promise<string> {
  const file = join(scratch, `${object.kind}-${object.metadata.name}.json`);
  await writeFile(file, JSON.stringify(object));
  const { kubeconfig } = product.cluster;
  try {
    const args = ["--kubeconfig", kubeconfig, "apply", "-f", file, ...words];
    const { stdout } = await promisify(execFile)(kubectlPath, args, { encoding: "utf8" });
    return stdout.trim();
  } catch (error) {
    return (error as { stderr: string }).stderr;
  }
}

const as = (manager: string) => ["--server-side", `--field-manager=${manager}`];

async function install(image: string): Promise<void> {
  for (const object of release(image))
    expect(await apply(object, ...as("helm"))).toBe(
      `${object.kind?.toLowerCase()}.apps/${object.metadata.name} serverside-applied`,
    );
}

const live = (kind: string, name: string) => product.kube.get(resourceOf[kind]!, name, inAcme);

/** Managers of fields that the pin changes. */
async function owners(kind: string, name: string): Promise<string[]> {
  const { metadata } = await live(kind, name);
  return (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => /f:nodeSelector|f:requiredDuring/.test(JSON.stringify(fieldsV1)))
    .map(({ manager, operation }) => `${manager} ${operation}`);
}

const podSpecText = async (kind: string, name: string) =>
  JSON.stringify((await live(kind, name)).spec.template.spec);

const declare = (mode: string, ...regions: string[]) =>
  product.kube.patch(kinds.policies!, "acme", "merge", { spec: { mode, allowed: { regions } } });

async function rollout(): Promise<KubeObject["status"]> {
  return (await product.kube.get(kinds.tenants!, "acme")).status?.rollout;
}

const brought = (...regions: string[]) =>
  until(
    `workloads to be brought to ${regions}`,
    rollout,
    (seen) => String(seen?.regions ?? "") === String(regions) && seen.since !== undefined && seen.left === 0,
    { timeoutMs: 90_000 },
  );

/** Upgrade and rollback of the chart, and its templates bear the pin to these regions afterwards. */
async function expectUpgrades(...regions: string[]): Promise<void> {
  for (const image of ["app:2", "app:1"]) {
    await install(image);
    for (const { kind, metadata } of release(image)) {
      const text = await podSpecText(kind!, metadata.name!);
      expect(text).toContain(`"image":"${image}"`);
      if (regions.length === 0) expect(text).not.toContain(vouched);
      for (const name of regions) expect(text).toContain(name);
    }
  }
  expect([
    await owners("DaemonSet", "agent"),
    await owners("Deployment", "termed"),
    await owners("Deployment", "plain"),
  ]).toEqual([["helm Apply"], ["helm Apply"], []]);
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "companyos-owned-"));
  kubectlPath = await ensureTool("kubectl");
  product = await startTestProduct();
  const { kube } = product;
  for (const name of [eu, us] as const) await kube.create(kinds.regions!, region(name));
  const selector = { tenantSelector: { matchLabels: { team: "eu" } } };
  await kube.create(
    kinds.policies!,
    policy("acme", { ...selector, mode: "Audit", allowed: { regions: [eu] } }),
  );
  await kube.create(kinds.tenants!, tenant("acme", { regions: [eu, us] }));
  await until("the operator to have looked at acme", rollout, (seen) => seen?.namespaces?.includes("acme"));
  await install("app:1");
  await until("termed to be stored", () => live("Deployment", "termed"));
}, 300_000);
afterAll(async () => {
  await product?.stop();
  await rm(scratch, { recursive: true, force: true });
}, 180_000);

test("what a release before took over is its author's again, without a rollout", async () => {
  const taken = (image: string, podSpec: object) => workload("Deployment", "taken", image, podSpec);
  await apply(taken("app:1", { nodeSelector: linux }), ...as("helm"));
  const before = await product.kube.patch(
    deployments!,
    "taken",
    "merge",
    { spec: { template: { spec: { nodeSelector: { [vouched]: eu } } } } },
    { ...inAcme, fieldManager: "companyos-operator/rollout" },
  );
  await until(
    "the field to be given back",
    () => owners("Deployment", "taken"),
    (names) => String(names) === "helm Apply",
  );
  expect((await live("Deployment", "taken")).metadata.generation).toBe(before.metadata.generation);
  expect(await apply(taken("app:2", { nodeSelector: linux }), ...as("helm"))).toMatch(/serverside-applied/);
  // What the next apply leaves out goes: the field is its own, not only free.
  expect(await apply(taken("app:2", {}), ...as("helm"))).toMatch(/serverside-applied/);
  expect(await podSpecText("Deployment", "taken")).not.toContain("kubernetes.io/os");
});

test("from Audit to Enforce, to another region, to two: upgrades and rollbacks go through", async () => {
  for (const regions of [[eu], [us], [us, eu].sort()]) {
    await declare("Enforce", ...regions);
    await brought(...regions);
    await expectUpgrades(...regions);
  }
}, 400_000);

test("a second manager of the same template has to force it where its author says something of nodes, and not else", async () => {
  const [agent, , plain] = release("app:1") as [KubeObject, KubeObject, KubeObject];
  expect(await apply(plain, ...as("ci"), "--dry-run=server")).toMatch(/serverside-applied/);
  await declare("Enforce", eu);
  await brought(eu);
  expect(await apply(agent, ...as("ci"))).toMatch(/conflict with "helm".*nodeSelector/s);
  const other = workload("Deployment", "migrated", "app:1", { nodeSelector: linux });
  expect(await apply(other)).toMatch(/created/);
  expect(await apply(other, "--server-side")).toMatch(
    /conflict with "kubectl-client-side-apply".*nodeSelector/s,
  );
  // As docs/gitops.md says: once.
  expect(await apply(other, "--server-side", "--force-conflicts")).toMatch(/serverside-applied/);
  expect(await apply({ ...other, spec: { ...other.spec, replicas: 2 } }, "--server-side")).toMatch(
    /serverside-applied/,
  );
  expect(await podSpecText("Deployment", "migrated")).toContain(`"${vouched}":"${eu}"`);
}, 200_000);

test("back to Audit: the pin goes, and the field is its author's alone, to change as well", async () => {
  await declare("Audit", eu);
  await brought();
  await until(
    "fields to be given back",
    async () => [...(await owners("DaemonSet", "agent")), ...(await owners("Deployment", "termed"))],
    (names) => String(names) === "helm Apply,helm Apply",
  );
  await expectUpgrades();
  const agent = workload("DaemonSet", "agent", "app:1", { nodeSelector: { "kubernetes.io/arch": "amd64" } });
  expect(await apply(agent, ...as("helm"))).toMatch(/serverside-applied/);
}, 200_000);

test("pods abroad of what another operator made are counted and named until they are gone", async () => {
  const maker = await product.kube.create(configMaps!, { metadata: { name: "db", ...inAcme } });
  const { uid } = maker.metadata;
  const ownerReferences = [{ apiVersion: "v1", kind: "ConfigMap", name: "db", uid, controller: true }];
  const made = workload(
    "StatefulSet",
    "db",
    "app:1",
    { nodeSelector: { "topology.kubernetes.io/region": us } },
    {
      ownerReferences,
    },
  );
  await product.kube.create(statefulSets!, { ...made, spec: { ...made.spec, serviceName: "db" } });
  const pod = () => product.kube.find(pods!, "db-0", inAcme);
  await until("db-0 to run abroad", pod, (seen) => seen?.status?.phase === "Running");
  await declare("Enforce", eu);
  const seen = await until(
    "db to be what is left",
    rollout,
    (seen) => String(seen?.regions) === eu && seen.left === 1 && seen.waiting?.[0]?.name === "db",
    { timeoutMs: 90_000 },
  );
  expect(seen.waiting).toEqual([
    {
      kind: "StatefulSet",
      ...inAcme,
      name: "db",
      reason: "MadeByController",
      generation: 1,
      message: expect.stringMatching(/^ConfigMap db made it.*1 of its pods run outside of the regions/),
    },
  ]);
  await product.kube.patch(statefulSets!, "db", "merge", { spec: { replicas: 0 } }, inAcme);
  await brought(eu);
}, 200_000);
