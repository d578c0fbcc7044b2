/**
 * Other people's controllers beside the operator: Argo CD and Flux, by their own libraries, over what examples/gitops asks
 * for; and a cloud that edits webhook configurations. Writes and receipts come to rest.
 */
import { join } from "node:path";
import { ensureTool, ensureTools } from "@companyos/cluster";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { readyCondition, startTestProduct, type TestProduct } from "@companyos/operator/testing/product";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { loadAll } from "js-yaml";
import { until } from "../src/until.ts";
import { askGitOps, documentedSettings, type GitOpsSettings, manifests } from "../verifiers/gitops.ts";
import { runProgram } from "../verifiers/program.ts";
import { record, scaled } from "./figures.ts";

const root = join(import.meta.dirname, "../..");
const landingZone = ["regions", "policy", "tenants"].map((name) => `landing-zone/${name}.yaml`);
const workloads = "workloads/workloads.yaml";
const configurations = [
  resources.validatingWebhookConfigurations,
  resources.mutatingWebhookConfigurations,
] as Resource[];
const ours = "companyos-residency";
const logs = ["eu-west-1", "us-east-1"];
/** How long they go round: as many rounds as it takes, or ten minutes. */
const goRoundMs = scaled(0, 600_000);

let product: TestProduct;
let kubectl: string;
let settings: GitOpsSettings;

// Building the judge takes some minutes when the caches are empty.
beforeAll(async () => {
  ({ kubectl } = await ensureTools(["kubectl", "helm", "gitops"]));
  settings = await documentedSettings();
  product = await startTestProduct();
}, 900_000);
afterAll(() => product?.stop(), 180_000);

async function run(args: readonly string[], input = ""): Promise<string> {
  const all = ["--kubeconfig", product.cluster.kubeconfig, ...args];
  const { code, stdout, stderr } = await runProgram(kubectl, all, { input, timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
  return stdout;
}

async function helm(args: readonly string[]): Promise<string> {
  const env = { KUBECONFIG: product.cluster.kubeconfig };
  const { code, stdout, stderr } = await runProgram(await ensureTool("helm"), args, { env });
  if (code !== 0) throw new Error(`helm ${args.join(" ")}: ${stderr}`);
  return stdout;
}
const inExamples = (paths: readonly string[]) =>
  paths.flatMap((path) => ["-f", join(root, "examples", path)]);

async function tenantsReady(): Promise<void> {
  for (const name of ["acme", "globex"])
    await until(
      `${name} to be Ready`,
      () => readyCondition(product.kube, name),
      (seen) => seen?.status === "True",
    );
}

/** What kubectl says of the second and the third time. */
async function appliedAgain(paths: readonly string[]): Promise<string[]> {
  await run(["apply", ...inExamples(paths)]);
  const said = [await run(["apply", ...inExamples(paths)]), await run(["apply", ...inExamples(paths)])];
  return said.flatMap((text) => text.trim().split("\n")).filter((line) => !line.endsWith(" unchanged"));
}

test("the second and the third kubectl apply of the quickstart and of every example change nothing", async () => {
  expect(await appliedAgain(["quickstart"])).toEqual([]);
  await tenantsReady();
  expect(await appliedAgain(["story/web.yaml", "story/shop.yaml"])).toEqual([]);
  await run(["delete", "--wait", ...inExamples(["story/web.yaml", "story/shop.yaml"])]);
  expect(await appliedAgain(["gitops/landing-zone"])).toEqual([]);
  await tenantsReady();
  expect(await appliedAgain([`gitops/${workloads}`])).toEqual([]);
}, 120_000);

/** A DaemonSet with terms of its own, in a tenant with two regions: there the pin is in a list. */
const withTerms: KubeObject = {
  apiVersion: "apps/v1",
  kind: "DaemonSet",
  metadata: { name: "with-terms", namespace: "globex" },
  spec: {
    selector: { matchLabels: { app: "with-terms" } },
    template: {
      metadata: { labels: { app: "with-terms" } },
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] },
              ],
            },
          },
        },
        containers: [{ name: "main", image: "busybox:1.37" }],
      },
    },
  },
};

async function desired(): Promise<KubeObject[]> {
  const files = await Promise.all([...landingZone, workloads].map(manifests));
  return [...files.flat(), withTerms];
}

describe("over desired and live objects", () => {
  test("Argo CD says in sync, by either way of comparing, and Flux unchanged", async () => {
    const generation = async () =>
      (
        await run(["apply", "-f", "-", "-o", "jsonpath={.metadata.generation}"], JSON.stringify(withTerms))
      ).trim();
    const first = await generation();
    // kubectl says configured of a list that the pin added to, and it is no change: no rollout.
    expect([await generation(), await generation()]).toEqual([first, first]);
    const { kubeconfig } = product.cluster;
    const all = await desired();
    const { differences } = await askGitOps({ settings, kubeconfig, desired: all });
    expect(differences).toHaveLength(all.length);
    for (const { id, ...seen } of differences)
      expect([id, seen]).toEqual([id, { argoClient: "", argoServer: "", flux: "" }]);
  }, 60_000);

  test("so they do of what the chart installs", async () => {
    const { kubeconfig } = product.cluster;
    const text = await helm(["get", "manifest", "companyos", "--namespace", "companyos-system"]);
    const chart = (loadAll(text) as (KubeObject | undefined)[]).filter((object) => object !== undefined);
    expect(chart.length).toBeGreaterThan(20);
    const { differences } = await askGitOps({ settings, kubeconfig, desired: chart.filter(Boolean) });
    for (const { id, ...seen } of differences)
      expect([id, seen]).toEqual([id, { argoClient: "", argoServer: "", flux: "" }]);
  }, 60_000);

  test("what people change is seen by each of them", async () => {
    const { kubeconfig } = product.cluster;
    const changed = (await manifests("landing-zone/tenants.yaml")).map((object) => ({
      ...object,
      spec: { ...object.spec, displayName: "Another name" },
    }));
    const { differences } = await askGitOps({ settings, kubeconfig, desired: changed });
    for (const { argoClient, argoServer, flux } of differences) {
      expect(argoClient).toContain("Another name");
      expect(argoServer).toContain("Another name");
      expect(flux).toContain("configured");
    }
  }, 60_000);

  test("all of it is healthy to all three", async () => {
    const kinds = ["regions", "residencypolicies", "tenants"].map((kind) => `${kind}.residency.companyos.io`);
    const healthy = async () => {
      const { items } = JSON.parse(await run(["get", kinds.join(), "-o", "json"])) as { items: KubeObject[] };
      return (await askGitOps({ settings, objects: items })).health;
    };
    const seen = await until("all to be healthy", healthy, (all) =>
      all.every(({ argo }) => argo === "Healthy"),
    );
    expect(seen.length).toBeGreaterThanOrEqual(5);
    for (const { id, argo, flux, kstatus } of seen)
      expect([id, argo, flux, kstatus]).toEqual([id, "Healthy", "Current", "Current"]);
  }, 60_000);
});

describe("the health of", () => {
  const condition = (type: string, status: string, reason = "Because") => ({
    type,
    status,
    reason,
    message: "why",
  });
  type Conditions = ReturnType<typeof condition>[];
  const states = {
    ready: [condition("Ready", "True"), condition("Reconciling", "False"), condition("Stalled", "False")],
    reconciling: [
      condition("Ready", "False"),
      condition("Reconciling", "True"),
      condition("Stalled", "False"),
    ],
    stalled: [condition("Ready", "False"), condition("Reconciling", "False"), condition("Stalled", "True")],
    paused: ["Ready", "Reconciling", "Stalled"].map((type) =>
      condition(type, type === "Ready" ? "Unknown" : "False", "Paused"),
    ),
    empty: ["Ready", "Reconciling", "Stalled"].map((type) =>
      condition(type, type === "Reconciling" ? "True" : "False", "NoNodes"),
    ),
  };
  const object = (kind: string, conditions?: Conditions, observedGeneration = 2): KubeObject => ({
    apiVersion: "residency.companyos.io/v1",
    kind,
    metadata: { name: "one", generation: 2 },
    spec: {},
    ...(conditions ? { status: { observedGeneration, conditions } } : {}),
  });
  const application = (status?: string): KubeObject => ({
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Application",
    metadata: { name: "one" },
    spec: {},
    ...(status ? { status: { health: { status } } } : {}),
  });
  const vouched = { ...condition("NodesVouched", "False", "Unvouched") };
  const table: [string, KubeObject, [argo: string, flux: string, kstatus: string]][] = [
    ...["Region", "ResidencyPolicy", "Tenant"].flatMap((kind): typeof table => [
      [`a ${kind} that is ready`, object(kind, states.ready), ["Healthy", "Current", "Current"]],
      [
        `a ${kind} that is reconciled`,
        object(kind, states.reconciling),
        ["Progressing", "InProgress", "InProgress"],
      ],
      [`a ${kind} that is stalled`, object(kind, states.stalled), ["Degraded", "Failed", "Failed"]],
      [
        `a ${kind} whose spec is newer`,
        object(kind, states.ready, 1),
        ["Progressing", "InProgress", "InProgress"],
      ],
      // kstatus knows nothing of a status that is still to come.
      [`a ${kind} that nobody saw yet`, object(kind), ["Progressing", "Unknown", "Current"]],
    ]),
    ["a paused Tenant", object("Tenant", states.paused), ["Suspended", "Current", "InProgress"]],
    ["a Region without nodes", object("Region", states.empty), ["Healthy", "Current", "InProgress"]],
    [
      "a Region with nodes that nobody vouches for",
      object("Region", [...states.ready, vouched]),
      ["Healthy", "Current", "Current"],
    ],
    ["an EvidenceBundle", object("EvidenceBundle"), ["Healthy", "Current", "Current"]],
    // Else the waves of an app of apps would wait for nothing; Flux is not asked about it.
    ["an Application that nobody looked at yet", application(), ["Progressing", "", "Current"]],
    ["an Application whose objects are missing", application("Missing"), ["Missing", "", "Current"]],
    ["a healthy Application", application("Healthy"), ["Healthy", "", "Current"]],
  ];

  test("every kind in every condition", async () => {
    const objects = table.map(([, one]) => one);
    const { health } = await askGitOps({ settings, objects });
    for (const [index, [name, , expected]] of table.entries()) {
      const { argo, flux, kstatus } = health[index]!;
      expect([name, argo, flux, kstatus]).toEqual([name, ...expected]);
    }
  });
});

/** Every version that somebody of the loop, or the operator, could write. */
async function versions(): Promise<Map<string, string>> {
  const of = await Promise.all([
    ...configurations.map((resource) => product.kube.get(resource, ours)),
    ...(await desired()).map(async ({ apiVersion, kind, metadata }) => {
      const [group] = apiVersion!.includes("/") ? apiVersion!.split("/") : [""];
      const where = metadata.namespace ? ["-n", metadata.namespace] : [];
      const text = await run([...where, "get", `${kind}.${group}`, metadata.name!, "-o", "json"]);
      return JSON.parse(text) as KubeObject;
    }),
  ]);
  return new Map(
    of.map(({ kind, metadata, spec, webhooks }) => [
      `${kind}/${metadata.namespace}/${metadata.name}`,
      // A status that goes on is nobody's fight.
      JSON.stringify([metadata.generation, metadata.labels, metadata.annotations, spec, webhooks]),
    ]),
  );
}

/** An AKS that nobody told to stop: it adds what it misses, and so it does when it is taken away. */
async function cloud(): Promise<number> {
  const wanted = { key: "control-plane", operator: "NotIn", values: ["true"] };
  let writes = 0;
  for (const resource of configurations) {
    const { webhooks } = (await product.kube.get(resource, ours)) as KubeObject;
    const operations = (webhooks as KubeObject[]).flatMap(({ namespaceSelector }, index) =>
      JSON.stringify(namespaceSelector).includes(wanted.key)
        ? []
        : [{ op: "add", path: `/webhooks/${index}/namespaceSelector/matchExpressions/0`, value: wanted }],
    );
    if (operations.length === 0) continue;
    await product.kube.patch(resource, ours, "json", operations);
    writes += 1;
  }
  return writes;
}

/** One round of each; how many wrote something. */
async function round(): Promise<number> {
  const { kubeconfig } = product.cluster;
  const all = await desired();
  const { differences } = await askGitOps({ settings, kubeconfig, desired: all });
  // Argo CD's self-heal, and Flux, apply what they see as changed.
  const drifted = all.filter(
    (_, index) => differences[index]!.argoClient !== "" || differences[index]!.flux !== "",
  );
  for (const object of drifted) await run(["apply", "-f", "-"], JSON.stringify(object));
  return drifted.length + (await cloud());
}

const restorations = async (log: string) =>
  (await product.receiptsOfLog(log, "policy.changed")).filter(
    ({ claims, disclosed }) => claims.reason === "ADMISSION_RESTORED" && disclosed.name === ours,
  );

test(
  "Argo CD, Flux and a cloud that edits webhooks go round beside the operator, and come to rest",
  async () => {
    const began = performance.now();
    let rounds = 0;
    let writes = 0;
    for (;;) {
      const before = await versions();
      const wrote = await round();
      rounds += 1;
      writes += wrote;
      const isAtRest =
        wrote === 0 && [...(await versions())].every(([key, text]) => before.get(key) === text);
      // Nobody undoes what another one did.
      if (rounds > 1) expect([rounds, wrote]).toEqual([rounds, 0]);
      if (isAtRest && performance.now() - began >= goRoundMs) break;
    }
    for (const log of logs) expect(await restorations(log)).toEqual([]);
    record("Argo CD, Flux and a cloud that edits webhooks beside the operator", {
      rounds,
      "writes of theirs": writes,
    });
  },
  240_000 + goRoundMs,
);

test("a controller that weakens the webhook again and again is answered after growing pauses, with one receipt", async () => {
  const [resource] = configurations;
  const name = "ValidatingWebhookConfiguration";
  const weaken = async () => {
    const { webhooks } = (await product.kube.get(resource!, ours)) as KubeObject;
    if (webhooks[0].timeoutSeconds === 1) return;
    await product.kube.patch(resource!, ours, "json", [
      { op: "replace", path: "/webhooks/0/timeoutSeconds", value: 1 },
    ]);
  };
  const written = () =>
    product.logs.filter((line) => line.includes('"why":"restored"') && line.includes(name)).length;
  const waits = async () =>
    (await (await fetch(product.metrics.operator)).text()).includes(
      `residency_admission_objects_contested{kind="${name}",name="${ours}"} 1`,
    );
  await until(
    "four restorations, and a pause after them",
    async () => {
      await weaken();
      return written() >= 4 && (await waits());
    },
    Boolean,
    { timeoutMs: 60_000 },
  );
  const told = await Promise.all(
    logs.map((log) =>
      until(
        `a receipt in the log of ${log}`,
        () => restorations(log),
        (all) => all.length > 0,
      ),
    ),
  );
  expect(told.map((all) => all.length)).toEqual([1, 1]);
}, 120_000);
