/**
 * What people and controllers do with pinned workloads, on a real control plane: kubectl, scheduler, controllers. No operator
 * and no webhook: namespaces are written as the operator writes them.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Cluster, ensureTool, startCluster } from "@companyos/cluster";
import {
  connect,
  createReflector,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import { createLogger, systemClock } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { admissionObjects } from "../src/admission/objects/index.ts";
import { formerRegions } from "../src/tenants/former.ts";
import { oldPin, runMoved } from "../src/tenants/moved.ts";

const vouched = "node-restriction.kubernetes.io/residency-region";
const topology = "topology.kubernetes.io/region";
const regions = ["eu-central-1", "eu-west-1", "us-east-1"];
const { daemonSets, deployments, pods, statefulSets } = resources as unknown as Record<string, Resource>;
const containers = [{ name: "main", image: "nginx:1.29" }];

let cluster: Cluster;
let kube: KubeClient;
let scratch: string;
let kubectlPath: string;
const before: Record<string, KubeObject> = {};

/** A namespace of a tenant with these regions: made, or moved to them. */
async function give(name: string, ...allowed: string[]): Promise<void> {
  const live = await kube.get(resources.namespaces, name).catch(() => null);
  const former = formerRegions(live, allowed);
  const metadata = {
    name,
    labels: {
      "residency.companyos.io/tenant": name,
      "residency.companyos.io/mode": "Enforce",
      ...former.labels,
    },
    annotations: { "residency.companyos.io/allowed-regions": allowed.join(), ...former.annotations },
  };
  if (live) await kube.patch(resources.namespaces, name, "merge", { metadata });
  else await kube.create(resources.namespaces, { metadata });
  const want = JSON.stringify(allowed.length > 1 ? allowed : allowed[0]);
  await until(`the API server to pin to ${want}`, async () => {
    const body = { apiVersion: "v1", kind: "Pod", metadata: { name: "probe" }, spec: { containers } };
    const { text } = await kube.raw(`/api/v1/namespaces/${name}/pods?dryRun=All`, { method: "POST", body });
    return text.includes(`${JSON.stringify(allowed.length > 1 ? "values" : vouched)}:${want}`);
  });
}

async function kubectl(...words: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(kubectlPath, ["--kubeconfig", cluster.kubeconfig, ...words], {
    encoding: "utf8",
  });
  return stdout.trim();
}

/** Applies an object with `words`; what kubectl says of it. */
async function apply(object: KubeObject, ...words: string[]): Promise<string> {
  const file = join(scratch, `${object.kind}-${object.metadata.namespace}-${object.metadata.name}.json`);
  await writeFile(file, JSON.stringify(object));
  return (await kubectl("apply", "-f", file, ...words)).split(" ").at(-1) as string;
}

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), "companyos-pin-life-"));
  kubectlPath = await ensureTool("kubectl");
  cluster = await startCluster({
    stateDir: join(scratch, "cluster"),
    regions: regions.map((name) => ({ name, nodes: 1 })),
  });
  kube = await connect({ kubeconfig: cluster.kubeconfig });
  for (const region of regions)
    await kube.patch(resources.nodes, `${region}-0`, "merge", {
      metadata: { labels: { [vouched]: region } },
    });
  // Stored by the release before: its pin was the pair.
  await kube.create(resources.namespaces, { metadata: { name: "upgraded" } });
  const values = ["eu-west-1"];
  const pair = [topology, vouched].map((key) => ({ key, operator: "In", values }));
  for (const [name, spec] of [
    ["silent", {}],
    ["picky", required({ matchExpressions: [disk] })],
  ] as const) {
    const manifest = workload("DaemonSet", "upgraded", name, spec);
    await apply(manifest);
    const matchExpressions = [...(name === "picky" ? [disk] : []), ...pair];
    before[name] = await kube.patch(
      daemonSets!,
      name,
      "merge",
      { spec: { template: { spec: required({ matchExpressions }) } } },
      { namespace: "upgraded" },
    );
  }
  const objects = admissionObjects({
    productNamespace: "companyos-system",
    webhook: { url: "https://127.0.0.1:1/admit" },
    caBundle: "none",
    whenUnavailable: "available",
    timeoutSeconds: 5,
  });
  const kinds = Object.values(resources) as Resource[];
  for (const object of objects)
    if (["companyos-pin", "companyos-repin", "companyos-pinned"].includes(object.metadata.name!))
      await kube.create(kinds.find(({ kind }) => kind === object.kind)!, object);
  await Promise.all([
    give("upgraded", "eu-west-1"),
    give("solo", "eu-west-1"),
    give("acme", "eu-central-1", "eu-west-1"),
    give("other", "eu-west-1", "us-east-1"),
    give("mover", "eu-west-1"),
    give("fleet", "eu-west-1"),
  ]);
}, 240_000);
afterAll(async () => {
  await kube?.close();
  await cluster?.stop({ discard: true });
  if (scratch) await rm(scratch, { recursive: true, force: true });
}, 60_000);

const disk = { key: "example.com/spot", operator: "DoesNotExist" };
const required = (...nodeSelectorTerms: object[]) => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
function workload(kind: string, namespace: string, name: string, podSpec: object = {}): KubeObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers, ...podSpec } };
  const never = { ...template, spec: { ...template.spec, restartPolicy: "Never" } };
  const specs: Record<string, object> = {
    Job: { template: never },
    CronJob: { schedule: "0 0 1 1 *", jobTemplate: { spec: { template: never } } },
    StatefulSet: { serviceName: name, selector: { matchLabels: labels }, template },
  };
  return {
    apiVersion: kind === "Job" || kind === "CronJob" ? "batch/v1" : "apps/v1",
    kind,
    metadata: { name, namespace },
    spec: specs[kind] ?? { selector: { matchLabels: labels }, template },
  };
}

/** Regions of the nodes that the workload's pods run on, sorted. */
async function runsIn(namespace: string, app: string): Promise<string[]> {
  const items = await kube.list(pods!, { namespace, labelSelector: `app=${app}` });
  return items.items
    .filter(({ metadata, status }) => !metadata.deletionTimestamp && status?.phase === "Running")
    .map(({ spec }) => (spec.nodeName as string).slice(0, -2))
    .sort();
}
const running = (namespace: string, app: string, ...where: string[]) =>
  until(
    `${app} to run in ${where.join(", ")}`,
    () => runsIn(namespace, app),
    (seen) => seen.join() === where.join(),
    { timeoutMs: 60_000 },
  );
const live = (kind: string, namespace: string, name: string) =>
  kubectl("get", kind, "-n", namespace, name, "-o", "json").then((text) => JSON.parse(text) as KubeObject);
/** As the rollouts of the operator ask for the pin anew. */
const touch = (kind: string, namespace: string, name: string, value: string) =>
  kubectl("annotate", "--overwrite", kind, "-n", namespace, name, `residency.companyos.io/repin=${value}`);

describe("GitOps and people see no difference", () => {
  const shapes: [string, object][] = [
    ["nothing", {}],
    ["own-selector", { nodeSelector: { "kubernetes.io/os": "linux" } }],
    ["own-terms", required({ matchExpressions: [disk] }, {})],
  ];
  test.each(["solo", "acme"])(
    "applied again and again, in a namespace such as %s",
    async (namespace) => {
      for (const kind of ["Deployment", "DaemonSet", "StatefulSet", "CronJob", "Job"])
        for (const [shape, spec] of shapes) {
          const object = workload(kind, namespace, `${kind.toLowerCase()}-${shape}`, spec);
          expect([kind, shape, await apply(object)]).toEqual([kind, shape, "created"]);
          const made = await live(kind, namespace, object.metadata.name!);
          // A list of its author's is sent again: the pin is put back, and nothing changes.
          for (let again = 0; again < 2; again++) {
            const said = await apply(object);
            if (shape !== "own-terms") expect([kind, shape, said]).toEqual([kind, shape, "unchanged"]);
          }
          for (let again = 0; again < 2; again++) await apply(object, "--server-side", "--force-conflicts");
          const now = await live(kind, namespace, object.metadata.name!);
          expect([kind, shape, now.spec]).toEqual([kind, shape, made.spec]);
          // A Deployment's counts its annotations too, of which kubectl writes one.
          if (kind !== "Deployment")
            expect([kind, shape, now.metadata.generation]).toEqual([kind, shape, made.metadata.generation]);
        }
    },
    240_000,
  );
});

test("what an earlier release pinned goes on as it is, applied again or scaled, until its template is changed anyway", async () => {
  for (const [name, spec] of [
    ["silent", {}],
    ["picky", required({ matchExpressions: [disk] })],
  ] as const) {
    const stored = before[name]!;
    await apply(workload("DaemonSet", "upgraded", name, spec));
    await kubectl("label", "daemonset", "-n", "upgraded", name, "tier=back");
    const now = await live("daemonset", "upgraded", name);
    expect([now.metadata.generation, now.spec.template]).toEqual([
      stored.metadata.generation,
      stored.spec.template,
    ]);
    await running("upgraded", name, "eu-west-1");
    await kubectl("set", "image", "daemonset", "-n", "upgraded", name, "main=nginx:1.30");
    const { template } = (await live("daemonset", "upgraded", name)).spec;
    expect(template.spec).toMatchObject({ nodeSelector: { [vouched]: "eu-west-1" } });
    expect(template.spec.affinity).toEqual(
      name === "picky" ? required({ matchExpressions: [disk] }).affinity : undefined,
    );
    await running("upgraded", name, "eu-west-1");
  }
}, 120_000);

test("a Deployment has one ReplicaSet, of its own template, and no scale, label or restart of a controller makes another", async () => {
  await apply(workload("Deployment", "acme", "web"));
  await until("web to run", async () => (await runsIn("acme", "web")).length === 1);
  await kubectl("scale", "deployment", "-n", "acme", "web", "--replicas=3");
  await kubectl("label", "deployment", "-n", "acme", "web", "tier=back");
  const web = await live("deployment", "acme", "web");
  expect(web.metadata.generation).toBe(2);
  await until("three pods", async () => (await runsIn("acme", "web")).length === 3);
  const sets = JSON.parse(await kubectl("get", "replicasets", "-n", "acme", "-l", "app=web", "-o", "json"));
  expect(sets.items).toHaveLength(1);
  expect(sets.items[0].spec.template.spec).toEqual(web.spec.template.spec);
}, 120_000);

test("a pod that asks for what no node can be waits, in one region and in several", async () => {
  for (const [namespace, spec] of [
    ["solo", required({})],
    ["acme", required({})],
    ["acme", required({}, { matchExpressions: [{ key: "example.com/never", operator: "Exists" }] })],
  ] as const) {
    await apply(workload("Deployment", namespace, "unsatisfiable", spec));
    const waiting = await until("the scheduler to have looked", async () => {
      const items = await kube.list(pods!, { namespace, labelSelector: "app=unsatisfiable" });
      return items.items.find(({ status }) =>
        status?.conditions?.some(({ reason }: { reason: string }) => reason === "Unschedulable"),
      );
    });
    expect(waiting!.spec.nodeName).toBeUndefined();
    await kubectl("delete", "deployment", "-n", namespace, "unsatisfiable", "--cascade=foreground");
  }
}, 120_000);

test("tenants whose sets of regions overlap each run in their own", async () => {
  for (const namespace of ["acme", "other"]) await apply(workload("DaemonSet", namespace, "agent"));
  await running("acme", "agent", "eu-central-1", "eu-west-1");
  await running("other", "agent", "eu-west-1", "us-east-1");
}, 120_000);

test("a DaemonSet of a tenant that widens, moves and narrows runs on each node there is, and its pin never piles up", async () => {
  await apply(workload("DaemonSet", "fleet", "agent", required({ matchExpressions: [disk] })));
  await running("fleet", "agent", "eu-west-1");
  for (const allowed of [
    ["eu-central-1", "eu-west-1"],
    ["us-east-1"],
    ["eu-central-1", "us-east-1"],
    ["eu-central-1"],
  ]) {
    await give("fleet", ...allowed);
    await touch("daemonset", "fleet", "agent", allowed.join());
    await running("fleet", "agent", ...allowed);
    const { spec } = await until(
      "as many ready as desired, one on each node",
      () => live("daemonset", "fleet", "agent"),
      ({ metadata, status }) =>
        status?.observedGeneration === metadata.generation &&
        status.updatedNumberScheduled === allowed.length &&
        status.desiredNumberScheduled === allowed.length &&
        status.numberReady === allowed.length,
      { timeoutMs: 60_000 },
    );
    const stated = JSON.stringify(spec.template.spec);
    for (const region of regions)
      expect([region, stated.includes(region)]).toEqual([region, allowed.includes(region)]);
    expect(stated.split("example.com/spot")).toHaveLength(2);
    const again = (await live("daemonset", "fleet", "agent")).metadata.generation;
    await apply(workload("DaemonSet", "fleet", "agent", required({ matchExpressions: [disk] })));
    expect((await live("daemonset", "fleet", "agent")).metadata.generation).toBe(again);
  }
}, 240_000);

describe("when a tenant moves", () => {
  const image = (kind: string, name: string, tag: string) =>
    kubectl("set", "image", kind, "-n", "mover", name, `main=nginx:${tag}`);
  const pinOf = async (kind: string, name: string) =>
    (await live(kind, "mover", name)).spec.template.spec.nodeSelector?.[vouched];

  beforeAll(async () => {
    for (const name of ["web", "late"]) await apply(workload("Deployment", "mover", name));
    await apply(workload("StatefulSet", "mover", "db"));
    await apply(workload("Job", "mover", "work", { containers: [{ ...containers[0], command: ["sleep"] }] }));
    await running("mover", "web", "eu-west-1");
    await running("mover", "db", "eu-west-1");
    await give("mover", "us-east-1");
  }, 120_000);

  test("an update that merely drops the pin has it back as it was, and starts no rollout", async () => {
    for (const kind of ["Deployment", "StatefulSet"]) {
      const name = kind === "Deployment" ? "late" : "db";
      const old = await live(kind, "mover", name);
      const { nodeSelector: _dropped, ...podSpec } = old.spec.template.spec;
      await kube.update((kind === "Deployment" ? deployments : statefulSets)!, {
        ...old,
        metadata: { ...old.metadata, labels: { sent: "again" } },
        spec: { ...old.spec, template: { ...old.spec.template, spec: podSpec } },
      });
      const now = await live(kind, "mover", name);
      expect([now.metadata.labels, now.metadata.generation, now.spec.template]).toEqual([
        { sent: "again" },
        old.metadata.generation,
        old.spec.template,
      ]);
    }
    expect(await pinOf("statefulset", "db")).toBe("eu-west-1");
    expect(await runsIn("mover", "db")).toEqual(["eu-west-1"]);
  });

  test("a new pod of a template that nobody changed is pinned anew, and refused to nobody", async () => {
    await kubectl("delete", "pods", "-n", "mover", "-l", "app=late", "--wait=false");
    await running("mover", "late", "us-east-1");
    expect(await pinOf("deployment", "late")).toBe("eu-west-1");
    const sets = JSON.parse(
      await kubectl("get", "replicasets", "-n", "mover", "-l", "app=late", "-o", "json"),
    );
    expect(sets.items).toHaveLength(1);
  }, 60_000);

  test("a template that is changed is pinned anew, and rolled back it still is", async () => {
    await image("deployment", "web", "1.30");
    expect(await pinOf("deployment", "web")).toBe("us-east-1");
    await running("mover", "web", "us-east-1");
    await kubectl("rollout", "undo", "deployment/web", "-n", "mover");
    const { spec } = await live("deployment", "mover", "web");
    expect(spec.template.spec.containers[0].image).toBe("nginx:1.29");
    expect(spec.template.spec.nodeSelector).toEqual({ [vouched]: "us-east-1" });
    await running("mover", "web", "us-east-1");
  }, 120_000);

  test("a Job that is there keeps its template, whatever is sent again", async () => {
    const job = workload("Job", "mover", "work", { containers: [{ ...containers[0], command: ["sleep"] }] });
    expect(await apply(job)).toBe("unchanged");
    expect(await pinOf("job", "work")).toBe("eu-west-1");
  });

  test("what its author names by our label and never had is left to be refused", async () => {
    const foreign = { nodeSelector: { [vouched]: "eu-central-1" } };
    await apply(workload("Deployment", "mover", "foreign", foreign));
    expect(await pinOf("deployment", "foreign")).toBe("eu-central-1");
    const failure = await until("its pods to be refused", async () => {
      const events = JSON.parse(await kubectl("get", "events", "-n", "mover", "-o", "json"));
      return events.items.find(({ message }: { message: string }) => message?.includes("companyos-pinned"));
    });
    expect(failure.message).toContain("pinned to eu-central-1");
  }, 60_000);
});

test("the label that costs pods a second look goes once nothing makes pods with a pin of before, and not sooner", async () => {
  // A Job's simulated pods are over as soon as they run, and so would the Job be.
  const was = workload("Job", "wanderer", "work", { schedulingGates: [{ name: "example.com/wait" }] });
  await give("wanderer", "eu-west-1");
  for (const kind of ["Deployment", "CronJob"]) await apply(workload(kind, "wanderer", kind.toLowerCase()));
  await apply(was);
  await running("wanderer", "deployment", "eu-west-1");
  await give("wanderer", "us-east-1");
  const lines: string[] = [];
  const log = createLogger({ role: "operator", level: "debug", write: (line) => void lines.push(line) });
  const registry = new Registry();
  const namespaces = createReflector<KubeObject>({
    client: kube,
    resource: resources.namespaces as Resource,
    log,
    registry,
  });
  namespaces.start();
  const pace = { gap: 0, twice: 50, first: 50, max: 100 };
  const moved = runMoved({ kube, log, registry, clock: systemClock }, namespaces, pace);
  const found = (what: string) =>
    until(`${what} to be found`, () =>
      lines.some((line) => line.includes('"namespace":"wanderer"') && line.includes(`"in":"${what}"`)),
    );
  const isMarked = async () =>
    "residency.companyos.io/moved" in
    ((await kube.get(resources.namespaces, "wanderer")).metadata.labels ?? {});
  try {
    await found("CronJob cronjob");
    await touch("cronjob", "wanderer", "cronjob", "1");
    await found("Deployment deployment");
    await touch("deployment", "wanderer", "deployment", "1");
    await running("wanderer", "deployment", "us-east-1");
    // Its template cannot be changed, and its pods are made anew as long as it is there.
    await found("Job work");
    expect(await isMarked()).toBe(true);
    await kubectl("delete", "job", "-n", "wanderer", "work", "--cascade=foreground");
    await until("the label to go", async () => !(await isMarked()));
    expect(await oldPin(kube, "wanderer", ["us-east-1"])).toBeUndefined();
    // A template of before that is applied now is pinned anew without it.
    await apply({
      ...was,
      spec: {
        template: {
          ...was.spec.template,
          spec: { ...was.spec.template.spec, nodeSelector: { [vouched]: "eu-west-1" } },
        },
      },
    });
    expect((await live("job", "wanderer", "work")).spec.template.spec.nodeSelector).toEqual({
      [vouched]: "us-east-1",
    });
    await give("wanderer", "eu-west-1");
    expect(await isMarked()).toBe(true);
  } finally {
    await moved.stop();
    await namespaces.stop();
  }
}, 120_000);

test("what a controller made is never changed: a CronJob's Job is as it made it, and its pods are pinned", async () => {
  await apply(workload("CronJob", "acme", "nightly"));
  await kubectl("create", "job", "-n", "acme", "by-hand", "--from=cronjob/nightly");
  const cronJob = await live("cronjob", "acme", "nightly");
  const owned = {
    ...workload("Job", "acme", "by-controller"),
    metadata: {
      name: "by-controller",
      namespace: "acme",
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: "nightly",
          uid: cronJob.metadata.uid,
          controller: true,
        },
      ],
    },
  };
  await apply(owned as KubeObject);
  expect((await live("job", "acme", "by-controller")).spec.template.spec.affinity).toBeUndefined();
  const pod = await until("its pod", async () => {
    const found = await kube.list(pods!, { namespace: "acme", labelSelector: "job-name=by-controller" });
    return found.items[0];
  });
  expect(JSON.stringify(pod!.spec.affinity)).toContain(vouched);
}, 60_000);
