/** Workloads that are older than a change of regions or of mode: they are pinned anew, and lose the pin when it ends. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { noRegion } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, pooled, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { scaled, soak } from "@companyos/test/faults/figures";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { policy, region, startTestProduct, type TestProduct, tenant } from "./product.ts";
import { isWhole, ratiosToRestart, restartAll } from "./rollout-rounds.ts";

const kinds = untyped(residencyResources);
const { daemonSets, deployments, statefulSets, pods, persistentVolumes, persistentVolumeClaims } =
  untyped(resources);
const { replicaSets, replicationControllers, cronJobs, jobs, events } = untyped(resources);
const { validatingWebhookConfigurations, mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } =
  untyped(resources);
const eu = "eu-west-1";
const us = "us-east-1";
const vouched = "node-restriction.kubernetes.io/residency-region";
const inAcme = { namespace: "acme" };
const count = { daemonSets: scaled(3, 20), deployments: scaled(12, 100) };
const timeoutMs = scaled(90_000, 600_000);

let product: TestProduct;
/** What people wrote, by kind and name. */
const written = new Map<string, KubeObject>();

const template = (name: string, spec: object = {}) => ({
  metadata: { labels: { app: name } },
  spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
});
const workload = (name: string, podSpec: object = {}, spec: object = {}): KubeObject => ({
  metadata: { name, namespace: "acme" },
  spec: { selector: { matchLabels: { app: name } }, template: template(name, podSpec), ...spec },
});
/** What different authors say beside nothing at all. */
const authors: readonly object[] = [
  {},
  { nodeSelector: { "kubernetes.io/os": "linux" } },
  {
    affinity: {
      podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] },
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: "kubernetes.io/os", operator: "In", values: ["linux"] }] },
            { matchExpressions: [{ key: "no-such-label", operator: "Exists" }] },
          ],
        },
      },
    },
  },
];

async function make(resource: Resource, object: KubeObject): Promise<void> {
  const made = await product.kube.create(resource, object);
  written.set(`${resource.plural}/${made.metadata.name}`, made);
}

async function listed(resource: Resource): Promise<KubeObject[]> {
  return (await product.kube.list(resource, inAcme)).items;
}

const declare = (mode: string, ...regions: string[]) =>
  product.kube.patch(kinds.policies!, "acme", "merge", { spec: { mode, allowed: { regions } } });

async function rollout(): Promise<KubeObject> {
  return (await product.kube.get(kinds.tenants!, "acme")).status?.rollout;
}

/** Every replaceable workload has as many ready pods as it wants, all of its present template. */
async function behind(): Promise<string[]> {
  const found = [...(await listed(daemonSets!)), ...(await listed(deployments!))];
  return found.filter((object) => !isAbroad(nameOf(object)) && !isWhole(object)).map(nameOf);
}

const nameOf = ({ metadata }: KubeObject) => metadata.name!;
/** Led elsewhere by its author. */
const isAbroad = (name: string) => name.startsWith("abroad");

const settled = (what: string) => until(what, behind, (names) => names.length === 0, { timeoutMs });

/** Until the operator says that only these are left, and every other one has moved. */
async function brought(
  regions: string[] | undefined,
  left: Record<string, string>,
  topologyPinned: string[] = [],
): Promise<void> {
  await until(
    `everything but ${Object.keys(left)} in ${regions}`,
    rollout,
    (seen) =>
      String(seen?.regions) === String(regions) &&
      String(seen.topologyPinned) === String(topologyPinned) &&
      seen.since !== undefined &&
      JSON.stringify((seen.waiting ?? []).map(({ name, reason }: KubeObject) => [name, reason]).sort()) ===
        JSON.stringify(Object.entries(left).sort()),
    { timeoutMs },
  );
  await settled("every workload to have moved");
}

async function regionsOfPods(prefix: string): Promise<string[]> {
  const items = (await listed(pods!)).filter(
    ({ metadata }) => metadata.name!.startsWith(prefix) && !metadata.deletionTimestamp,
  );
  return [...new Set(items.map(({ spec }) => String(spec.nodeName).replace(/-\d+$/, "")))].sort();
}

/** The pin aside, every template is as its author wrote it. */
async function expectNothingLost(): Promise<void> {
  for (const resource of [daemonSets!, deployments!, statefulSets!]) {
    for (const { metadata, spec } of await listed(resource)) {
      const before = written.get(`${resource.plural}/${metadata.name}`)!;
      expect(withoutPin(spec)).toEqual(withoutPin(before.spec));
    }
  }
}

function withoutPin(spec: KubeObject["spec"]): unknown {
  const text = JSON.stringify(spec, (key, value) => {
    if (key === "kubectl.kubernetes.io/restartedAt") return undefined;
    if (key === "nodeSelector") {
      const { [vouched]: _, ...rest } = value;
      return Object.keys(rest).length > 0 ? rest : undefined;
    }
    if (key === "matchExpressions") {
      const rest = value.filter(({ key }: { key: string }) => !/residency-region|topology.*region/.test(key));
      return rest.length > 0 ? rest : undefined;
    }
    if (
      key === "nodeSelectorTerms" &&
      value.every((term: object) => !/io\/os|no-such/.test(JSON.stringify(term)))
    )
      return undefined;
    return isEmpty(value) ? undefined : value;
  });
  return pruned(JSON.parse(text));
}

const isEmpty = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;

/** Without maps that hold nothing. */
function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pruned);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, pruned(inner)] as const)
    .filter(([, inner]) => inner !== undefined && !isEmpty(inner));
  return Object.fromEntries(entries);
}

/** One pod in each region, while it may run in both. */
const spread = (app: string) => ({
  topologySpreadConstraints: [
    {
      maxSkew: 1,
      topologyKey: "topology.kubernetes.io/region",
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app } },
    },
  ],
});

/** Does what the Tenant's status says of workloads whose pods nobody else replaces, until none of them is named. */
async function deleteAsTold(...names: string[]): Promise<void> {
  const kubectl = await ensureTool("kubectl");
  const told = async () =>
    ((await rollout())?.waiting ?? []).filter(({ reason }: KubeObject) => reason === "OnDelete");
  const found: KubeObject[] = await until(`${names} to be named`, told, (seen) =>
    names.every((name) => seen.some((one: KubeObject) => one.name === name && /kubectl/.test(one.message))),
  );
  for (const { message } of found) {
    const [, command] = /: kubectl (delete pod -n acme [a-z0-9 -]+)$/.exec(message)!;
    await promisify(execFile)(kubectl, ["--kubeconfig", product.cluster.kubeconfig, ...command!.split(" ")]);
  }
  await until("none of them to be left", told, (seen) => seen.length === 0, { timeoutMs });
}

const batch = (name: string, podSpec: object = {}, spec: object = {}): KubeObject => ({
  metadata: { name, ...inAcme },
  spec: { template: template(name, { restartPolicy: "Never", ...podSpec }), ...spec },
});

/** Until the operator names exactly these Jobs and pods, which can run nowhere. */
const keeping = (what: string, expected: Record<string, string>) =>
  until(
    what,
    async () => (await rollout())?.kept ?? [],
    (kept: KubeObject[]) =>
      JSON.stringify(
        kept.map(({ kind, name, reason }) => [`${kind} ${name.replace(/^(nowhere)-.*/, "$1")}`, reason]),
      ) === JSON.stringify(Object.entries(expected)),
    { timeoutMs },
  );

async function blocks(): Promise<number> {
  const page = await (await fetch(product.metrics.webhook)).text();
  return page
    .split("\n")
    .filter((line) => line.startsWith("residency_cross_region_block_total{"))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

beforeAll(async () => {
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
  const make20 = Array.from({ length: count.daemonSets }, (_, i) => i);
  await pooled(make20, 8, (i) => make(daemonSets!, workload(`ds-${i}`, authors[i % authors.length])));
  const make100 = Array.from({ length: count.deployments }, (_, i) => i);
  await pooled(make100, 8, (i) => make(deployments!, workload(`web-${i}`, authors[i % authors.length])));
  // In the wrong place by its author's word, and by its data.
  await make(deployments!, workload("abroad", { nodeSelector: { "topology.kubernetes.io/region": us } }));
  await makeVolume();
  // Other people's admission will keep them as they are.
  for (const name of ["dead", "sticky"]) {
    const { metadata, ...rest } = workload(name);
    await make(deployments!, { ...rest, metadata: { ...metadata, labels: { admission: name } } });
  }
  // Kinds whose pods are not replaced because the template is another one.
  await make(replicaSets!, workload("alone", spread("alone"), { replicas: 2 }));
  await make(
    statefulSets!,
    workload("by-hand", spread("by-hand"), {
      serviceName: "by-hand",
      replicas: 2,
      podManagementPolicy: "Parallel",
      updateStrategy: { type: "OnDelete" },
    }),
  );
  await make(replicationControllers!, workload("ancient", {}, { replicas: 0, selector: { app: "ancient" } }));
  const job = { spec: { template: template("nightly", { restartPolicy: "Never" }) } };
  await make(cronJobs!, {
    metadata: { name: "nightly", ...inAcme },
    spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: job },
  });
  // They keep what they are made with.
  await kube.create(
    jobs!,
    batch("import", { nodeSelector: { "topology.kubernetes.io/region": us } }, { suspend: true }),
  );
  await settled("what is there before Enforce");
}, 300_000);
afterAll(() => product?.stop(), 180_000);

async function makeVolume(): Promise<void> {
  const { kube } = product;
  const capacity = { storage: "1Gi" };
  const there = { key: "topology.kubernetes.io/region", operator: "In", values: [us] };
  await kube.create(persistentVolumes!, {
    metadata: { name: "abroad" },
    spec: {
      capacity,
      accessModes: ["ReadWriteOnce"],
      storageClassName: "manual",
      hostPath: { path: "/data" },
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [there] }] } },
    },
  });
  await kube.create(persistentVolumeClaims!, {
    metadata: { name: "data-db-0", ...inAcme },
    spec: {
      accessModes: ["ReadWriteOnce"],
      storageClassName: "manual",
      volumeName: "abroad",
      resources: { requests: capacity },
    },
  });
  const claim = {
    metadata: { name: "data" },
    spec: { accessModes: ["ReadWriteOnce"], storageClassName: "manual", resources: { requests: capacity } },
  };
  await make(
    statefulSets!,
    workload("db", {}, { serviceName: "db", replicas: 1, volumeClaimTemplates: [claim] }),
  );
  await until("db-0 to run beside its volume", async () => (await regionsOfPods("db-"))[0] === us);
}

test("nothing of ours moves before anything changed, and a restart of all of them comes to its end", async () => {
  expect(await rollout()).toMatchObject({ left: 0 });
  expect(await rollout()).not.toHaveProperty("since");
  await restartAll({ kube: product.kube, ...inAcme, except: isAbroad });
  await settled("the restart");
}, 700_000);

// Templates as they are to be and DESIRED = READY, not what the status says of it: that comes with what is left.
(soak ? test : test.skip)(
  "a change takes at most 1.5 times what a restart of the same workloads takes",
  async () => {
    const ratios = await ratiosToRestart({
      kube: product.kube,
      ...inAcme,
      rounds: 3,
      timeoutMs,
      except: isAbroad,
      declare: (regions) => declare(regions ? "Enforce" : "Audit", ...(regions ?? [eu])),
      steps: [
        { what: "Audit to Enforce", regions: [eu] },
        { what: "to another region", regions: [us] },
        { what: "to two", regions: [eu, us] },
        { what: "back to Audit", regions: undefined },
      ],
    });
    for (const ratio of ratios) expect(ratio).toBeLessThanOrEqual(1.5);
  },
  1_200_000,
);

test("from Audit to Enforce: everything runs inside, but what its author or its data keeps outside", async () => {
  const held = {
    abroad: "AsksElsewhere",
    alone: "OnDelete",
    "by-hand": "OnDelete",
    db: "VolumeElsewhere",
    dead: "Refused",
  };
  await until("pods in both regions", async () =>
    [await regionsOfPods("alone-"), await regionsOfPods("by-hand-")].every((in_) => in_.length === 2),
  );
  const before = await blocks();
  await product.kube.create(validatingWebhookConfigurations!, deadWebhook);
  await declare("Enforce", eu);
  await brought([eu], held);
  expect(await rollout()).toMatchObject({ left: 5, workloads: count.daemonSets + count.deployments + 8 });
  const { waiting } = await rollout();
  expect(waiting.find(({ name }: { name: string }) => name === "dead").message).toMatch(
    /its new template could not be written: .*failed calling webhook "dead.example.com"/,
  );
  expect([await regionsOfPods("ds-"), await regionsOfPods("web-")]).toEqual([[eu], [eu]]);
  for (const [resource, name] of [
    [replicaSets!, "alone"],
    [replicationControllers!, "ancient"],
    [cronJobs!, "nightly"],
  ] as const)
    expect(JSON.stringify((await product.kube.get(resource, name, inAcme)).spec)).toContain(
      `"${vouched}":"${eu}"`,
    );
  await deleteAsTold("alone", "by-hand");
  expect([await regionsOfPods("alone-"), await regionsOfPods("by-hand-")]).toEqual([[eu], [eu]]);
  // Left running where they are.
  expect([await regionsOfPods("abroad"), await regionsOfPods("db-")]).toEqual([[us], [us]]);
  await expectNothingLost();
  expect(await blocks()).toBe(before);
  await keeping("the Job that leads abroad", { "Job import": "AsksElsewhere" });
  const said = async () =>
    (await product.kube.list(events!, { namespace: "acme" })).items.filter(
      ({ reason }) => reason === "MadeBeforeTheRule",
    );
  const [event] = await until("its Event", said, (found) => found.length > 0);
  expect(event!.note).toMatch(/^Job acme\/import can run nowhere/);
}, 700_000);

/** Of another team, and nobody responds there. */
const deadWebhook: KubeObject = {
  metadata: { name: "dead" },
  webhooks: [
    {
      name: "dead.example.com",
      clientConfig: { url: "https://127.0.0.1:1/dead" },
      rules: [
        { operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] },
      ],
      objectSelector: { matchLabels: { admission: "dead" } },
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
    },
  ],
};

test("to another region: nothing of the region before is left, and what lay there may run again", async () => {
  await product.kube.delete(validatingWebhookConfigurations!, "dead");
  // Nobody schedules it, so it is still there when its region is not.
  const { spec } = template("solo", { schedulingGates: [{ name: "example.com/later" }] });
  await product.kube.create(pods!, { metadata: { name: "solo", ...inAcme }, spec });
  await declare("Enforce", us);
  await brought([us], { alone: "OnDelete", "by-hand": "OnDelete" });
  await deleteAsTold("alone", "by-hand");
  await keeping("the pod that keeps its pin, and no Job", { "Pod solo": "PinnedElsewhere" });
  await product.kube.delete(pods!, "solo", inAcme);
  expect([await regionsOfPods("ds-"), await regionsOfPods("web-")]).toEqual([[us], [us]]);
  await expectNothingLost();
}, 700_000);

test("to two: DaemonSets run on the nodes of both", async () => {
  await declare("Enforce", eu, us);
  await brought([eu, us], {});
  expect(await regionsOfPods("ds-")).toEqual([eu, us]);
  await expectNothingLost();
}, 700_000);

test("regions that come to go by the topology label: templates name it", async () => {
  const nodes = { pinnedBy: "Topology" };
  for (const name of [eu, us]) await product.kube.patch(kinds.regions!, name, "merge", { spec: { nodes } });
  await brought([eu, us], {}, [eu, us]);
  for (const { spec } of await listed(daemonSets!)) {
    const text = JSON.stringify(spec.template.spec);
    expect(text).toContain(
      `{"key":"topology.kubernetes.io/region","operator":"In","values":["${eu}","${us}"]}`,
    );
    expect(text).not.toContain(`{"key":"${vouched}","operator":"In"`);
  }
  expect(await regionsOfPods("ds-")).toEqual([eu, us]);
  await expectNothingLost();
}, 700_000);

test("a template that was changed while no region was allowed, and no webhook responded, follows once one is", async () => {
  const templateOf = async () =>
    JSON.stringify((await product.kube.get(deployments!, "web-0", inAcme)).spec.template.spec);
  await declare("Enforce", "nowhere-1");
  await product.stopWebhook();
  await until("web-0 to be led nowhere when it is restarted", async () => {
    const metadata = { annotations: { "kubectl.kubernetes.io/restartedAt": new Date().toISOString() } };
    await product.kube.patch(deployments!, "web-0", "merge", { spec: { template: { metadata } } }, inAcme);
    return (await templateOf()).includes(`"${vouched}":"${noRegion}"`);
  });
  await product.kube.create(jobs!, batch("nowhere"));
  const podOf = async () =>
    (await listed(pods!)).filter(({ metadata }) => nameOf({ metadata }).startsWith("nowhere-"));
  const [waits] = await until("its pod", podOf, (found) => found.length > 0);
  await product.startWebhook();
  await declare("Enforce", eu, us);
  await keeping("the pod that was pinned to no region", { "Pod nowhere": "PinnedElsewhere" });
  await product.kube.delete(pods!, waits!.metadata.name!, inAcme);
  await until("the Job's next pod to run", podOf, (found) => found.some(({ spec }) => spec?.nodeName));
  await until(
    "web-0 to be led back",
    async () => !(await templateOf()).includes(`"${vouched}":"${noRegion}"`),
  );
  await brought([eu, us], {}, [eu, us]);
}, 700_000);

/** Of another team: it writes the pin into what bears its label. */
const stickyPolicy: KubeObject = {
  metadata: { name: "sticky" },
  spec: {
    failurePolicy: "Fail",
    reinvocationPolicy: "Never",
    matchConstraints: {
      objectSelector: { matchLabels: { admission: "sticky" } },
      resourceRules: [
        { operations: ["UPDATE"], apiGroups: ["apps"], apiVersions: ["v1"], resources: ["deployments"] },
      ],
    },
    mutations: [
      {
        patchType: "JSONPatch",
        jsonPatch: {
          expression: `has(object.spec.template.spec.nodeSelector) ? [JSONPatch{op: "add", path: "/spec/template/spec/nodeSelector/${vouched.replace("/", "~1")}", value: "${eu}"}] : [JSONPatch{op: "add", path: "/spec/template/spec/nodeSelector", value: {"${vouched}": "${eu}"}}]`,
        },
      },
    ],
  },
};

test("back to Audit: no template bears a pin, and a node that joins runs everything", async () => {
  await product.kube.create(mutatingAdmissionPolicies!, stickyPolicy);
  const binding = { metadata: { name: "sticky" }, spec: { policyName: "sticky" } };
  await product.kube.create(mutatingAdmissionPolicyBindings!, binding);
  // Asked where nothing of ours is in force: here either policy may have the last word.
  const elsewhere = { namespace: "default" };
  const { metadata, spec } = workload("probe", {}, { replicas: 0 });
  const labels = { admission: "sticky" };
  await product.kube.create(deployments!, { metadata: { ...metadata, ...elsewhere, labels }, spec });
  await until("the policy of others to be in force", async () => {
    const touch = { metadata: { annotations: { touched: "true" } } };
    const seen = await product.kube.patch(deployments!, "probe", "merge", touch, {
      ...elsewhere,
      dryRun: true,
    });
    return JSON.stringify(seen.spec.template.spec).includes(`"${vouched}":"${eu}"`);
  });
  await declare("Audit", eu);
  await brought(undefined, { "by-hand": "OnDelete", sticky: "Undone" });
  // It is tried again, ever more slowly.
  await product.kube.delete(mutatingAdmissionPolicyBindings!, "sticky");
  await brought(undefined, { "by-hand": "OnDelete" });
  await expectNothingLost();
  for (const resource of [daemonSets!, deployments!, statefulSets!, replicationControllers!, cronJobs!])
    expect(JSON.stringify((await listed(resource)).map(({ spec }) => spec))).not.toContain(vouched);
  await product.cluster.addNode({ name: "unlabelled-0" });
  // Its pods are there, and more: a node that nobody vouches for is one more.
  await until(
    "every DaemonSet to run there",
    async () =>
      (await listed(daemonSets!)).map(({ metadata, spec, status }) => {
        const { nodeSelector, affinity } = spec.template.spec;
        const { desiredNumberScheduled: desired, numberReady: ready } = status;
        return { name: metadata.name, desired, ready, nodeSelector, affinity };
      }),
    (sets) => sets.every(({ desired, ready }) => desired === 5 && ready === 5),
  );
}, 700_000);
