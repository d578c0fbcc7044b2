/** Clusters as they are: DNS elsewhere, node pools at zero, nodes with other labels. On one product. */
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import {
  declareAcme,
  policy,
  readyCondition,
  startTestProduct,
  type TestProduct,
  tenant,
} from "./product.ts";

const restricted = "node-restriction.kubernetes.io/residency-region";
const topology = "topology.kubernetes.io/region";
const pods = resources.pods as Resource;
const deployments = resources.deployments as Resource;
const kinds = untyped(residencyResources);
type Labels = Record<string, string>;

let product: TestProduct;
const given = "10.0.0.53";

beforeAll(async () => {
  product = await startTestProduct({ operator: { nameservers: [given] } });
  await declareAcme(product.kube);
}, 180_000);
afterAll(() => product?.stop(), 180_000);

async function declareRegion(name: string, nodes: object | undefined): Promise<void> {
  const spec = { jurisdiction: "EU", ...(nodes ? { nodes } : {}) };
  await product.kube.create(kinds.regions, { metadata: { name }, spec });
}

/** A tenant of one region, which need not have a notary: its home is elsewhere. */
async function declareTenant(name: string, region: string): Promise<void> {
  const { kube } = product;
  const tenantSelector = { matchLabels: { team: name } };
  await kube.create(
    kinds.policies,
    policy(`${name}-only`, { tenantSelector, allowed: { regions: [region] } }),
  );
  const regions = [...new Set(["eu-west-1", region])];
  await kube.create(kinds.tenants, tenant(name, { regions }, { team: name }));
  await until(
    `${name} to be Ready`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.status === "True",
  );
}

const deployment = (namespace: string, name: string, replicas: number, spec: object = {}): KubeObject => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "nginx:1.29" }], ...spec },
    },
  },
});

async function podsOf(namespace: string, app: string): Promise<KubeObject[]> {
  return (await product.kube.list(pods, { namespace, labelSelector: `app=${app}` })).items;
}

const scheduled = ({ status }: KubeObject) =>
  status?.conditions?.find(({ type }: { type: string }) => type === "PodScheduled");
const isWaiting = (pod: KubeObject) => scheduled(pod)?.reason === "Unschedulable";
const nodesOf = (all: KubeObject[]) => all.map(({ spec }) => spec.nodeName as string | undefined).sort();

const condition = async (region: string) =>
  (await product.kube.get(kinds.regions, region)).status?.conditions?.find(
    ({ type }: { type: string }) => type === "NodesVouched",
  );

describe("a node pool at zero", () => {
  const text = (name: string) =>
    readFile(fileURLToPath(new URL(`../../examples/autoscalers/${name}`, import.meta.url)), "utf8");
  const example = async (name: string) => load(await text(name)) as KubeObject;
  const pairs = (text: string): Labels => Object.fromEntries(text.split(",").map((pair) => pair.split("=")));
  const tag = "k8s.io/cluster-autoscaler/node-template/label/";
  const capacity = "capacity.cluster-autoscaler.kubernetes.io/labels";

  /** Labels that each autoscaler takes a node of the example's pool to have before there is one. */
  const templates: Record<string, () => Promise<Labels>> = {
    "karpenter-nodepool.yaml": async () =>
      (await example("karpenter-nodepool.yaml")).spec.template.metadata.labels,
    "aws-asg-tags.sh": async () => {
      const tags = /Key=([^,]+),Value=(\S+)/.exec(await text("aws-asg-tags.sh"))!;
      return { [tags[1]!.slice(tag.length)]: tags[2]! };
    },
    "cluster-api-machinedeployment.yaml": async () =>
      pairs((await example("cluster-api-machinedeployment.yaml")).metadata.annotations![capacity]!),
    // The autoscalers' own: https://github.com/kubernetes/autoscaler, buildGenericLabels of each cloud.
    "region-topology.yaml": async () => ({
      [topology]: (await example("region-topology.yaml")).metadata.name!,
    }),
  };

  let simulations = 0;
  /**
   * What an autoscaler does before it grows a pool: asks the scheduler's rules whether the pod would fit a node with these
   * labels. Here the real scheduler, in a namespace that nothing else is about; no other pod tolerates the node.
   */
  async function fits(waiting: KubeObject, labels: Labels): Promise<boolean> {
    const { kube, cluster } = product;
    const name = `simulated-${simulations++}`;
    const taint = { key: "simulated", value: name, effect: "NoSchedule" } as const;
    const { nodeSelector = {}, affinity } = waiting.spec;
    const pool = { pool: nodeSelector.pool as string };
    await cluster.addNode({ name, labels: { ...labels, ...pool }, taints: [taint] });
    const place = async (which: string, spec: object): Promise<KubeObject> =>
      until(`the simulation's namespace to take pod ${which}`, async () => {
        const containers = [{ name: "main", image: "nginx:1.29" }];
        const tolerations = [{ ...taint, operator: "Equal" }];
        const pod = {
          metadata: { name: `${name}-${which}`, namespace: "simulation" },
          spec: { containers, tolerations, ...spec },
        };
        return kube.create(pods, pod);
      });
    const seen = (pod: KubeObject) =>
      kube.get(pods, pod.metadata.name!, { namespace: pod.metadata.namespace! });
    // One that asks for the pool alone: the scheduler knows the node once it has this one.
    const control = await place("control", { nodeSelector: pool });
    await until(
      "the scheduler to know the node",
      () => seen(control),
      ({ spec }) => spec.nodeName === name,
    );
    const pod = await place("pinned", { nodeSelector, affinity });
    const decided = await until(
      "the scheduler's decision",
      () => seen(pod),
      (now) => scheduled(now) !== undefined,
    );
    await kube.delete(resources.nodes as Resource, name);
    return decided.spec.nodeName === name;
  }

  /** A pod of this tenant that waits for a pool of this name. */
  async function waitingFor(pool: string, namespace: string, app = pool): Promise<KubeObject> {
    await product.kube.create(deployments, deployment(namespace, app, 1, { nodeSelector: { pool } }));
    const [pod] = await until(
      `a pod that waits for ${pool}`,
      () => podsOf(namespace, app),
      (all) => all.length === 1 && all.every(isWaiting),
    );
    return pod!;
  }

  beforeAll(async () => {
    const { kube } = product;
    await kube.create(resources.namespaces as Resource, { metadata: { name: "simulation" } });
    for (const name of ["eu-north-1", "eu-south-1"]) await declareRegion(name, undefined);
    const { metadata, spec } = await example("region-topology.yaml");
    await declareRegion(metadata.name!, spec.nodes);
    await declareTenant("roamer", "eu-west-1");
    await declareTenant("managed", "westeurope");
  }, 120_000);

  test.each([
    ["karpenter-nodepool.yaml", "roamer"],
    ["aws-asg-tags.sh", "roamer"],
    ["cluster-api-machinedeployment.yaml", "roamer"],
    ["region-topology.yaml", "managed"],
  ])(
    "with the labels of %s grows for a pod of %s that waits",
    async (file, namespace) => {
      const labels = await templates[file]!();
      const pod = await waitingFor(file.split(".")[0]!, namespace);
      expect(await fits(pod, labels)).toBe(true);
      expect(await fits(pod, {})).toBe(false);
    },
    120_000,
  );

  test("that is older than a tenant's set of regions grows for it all the same", async () => {
    const { kube } = product;
    const regions = ["eu-north-1", "eu-south-1", "eu-west-1"];
    await kube.patch(kinds.policies, "roamer-only", "merge", { spec: { allowed: { regions } } });
    await kube.patch(kinds.tenants, "roamer", "merge", { spec: { regions } });
    await until(
      "the wider plan in the namespace",
      () => kube.get(resources.namespaces as Resource, "roamer"),
      ({ metadata }) => metadata.annotations?.["residency.companyos.io/allowed-regions"] === `${regions}`,
    );
    const pod = await waitingFor("older", "roamer");
    expect(await fits(pod, await templates["karpenter-nodepool.yaml"]!())).toBe(true);
    expect(await fits(pod, { [restricted]: "us-east-1" })).toBe(false);
  }, 120_000);

  test("gives its first node to the pods that waited, whoever writes the label", async () => {
    const { cluster } = product;
    // By tags alone the node comes without it: the operator writes it.
    await cluster.addNode({ name: "tagged", region: "eu-west-1", labels: { pool: "aws-asg-tags" } });
    const labels = { pool: "karpenter-nodepool", ...(await templates["karpenter-nodepool.yaml"]!()) };
    await cluster.addNode({ name: "karpenter", region: "eu-west-1", labels });
    await cluster.addNode({ name: "aks", region: "westeurope", labels: { pool: "region-topology" } });
    for (const [namespace, app, node] of [
      ["roamer", "aws-asg-tags", "tagged"],
      ["roamer", "karpenter-nodepool", "karpenter"],
      ["managed", "region-topology", "aks"],
    ] as const)
      await until(
        `${app} on its node`,
        () => podsOf(namespace, app),
        (all) => `${nodesOf(all)}` === node,
      );
  }, 120_000);

  test("is named, with the label that it lacks, in the status of a Region without nodes", async () => {
    for (const name of ["eu-north-1", "eu-south-1"])
      expect(await condition(name)).toMatchObject({
        reason: "NoNodes",
        message: expect.stringContaining(`${restricted}=${name} in its template`),
      });
  });
});

describe("nodes that are vouched for by name", () => {
  test("run pods and DaemonSets, whatever else their labels say, and the Region says who does not find them", async () => {
    const { kube, cluster } = product;
    await cluster.addNode({ name: "edge-1", labels: { site: "edge" } });
    await cluster.addNode({ name: "edge-2", region: "europe-west4", labels: { site: "edge" } });
    await declareRegion("edge", { vouchedBy: "Names", names: ["edge-1", "edge-2"] });
    await declareTenant("remote", "edge");
    await kube.create(deployments, deployment("remote", "web", 4));
    const agent = deployment("remote", "agent", 0);
    const { replicas: _, ...spec } = agent.spec;
    await kube.create(resources.daemonSets as Resource, { ...agent, kind: "DaemonSet", spec });
    const running = (app: string, count: number) =>
      until(
        `${app} on the nodes`,
        () => podsOf("remote", app),
        (all) => all.length === count && all.every(({ status }) => status?.phase === "Running"),
      );
    expect(nodesOf(await running("agent", 2))).toEqual(["edge-1", "edge-2"]);
    for (const node of nodesOf(await running("web", 4))) expect(["edge-1", "edge-2"]).toContain(node);
    await until(
      "the Region to say so",
      () => condition("edge"),
      (seen) =>
        seen?.status === "True" && seen.message.includes("edge-1 (says nothing), edge-2 (says europe-west4)"),
    );
  }, 120_000);

  test("lose their label once they are listed no more, and no pod there is pinned by it", async () => {
    const { kube, cluster } = product;
    await cluster.addNode({ name: "edge-3", labels: { site: "edge" } });
    const list = (...names: string[]) =>
      kube.patch(kinds.regions, "edge", "merge", { spec: { nodes: { names } } });
    const labelOf = async (name: string) =>
      (await kube.get(resources.nodes as Resource, name)).metadata.labels?.[restricted];
    await list("edge-1", "edge-2", "edge-3");
    await until("its label", async () => (await labelOf("edge-3")) === "edge");
    // The DaemonSet of the tenant has come there.
    await until("its pod", async () => nodesOf(await podsOf("remote", "agent")).includes("edge-3"));
    await list("edge-1", "edge-2");
    const named = await until(
      "the Region to name it, with the command",
      () => condition("edge"),
      (seen) => seen?.reason === "NodesUnvouched",
    );
    expect(named.message).toContain(`: kubectl label node edge-3 ${restricted}-`);
    expect(await labelOf("edge-3")).toBe("edge");
  }, 120_000);
});

describe("a Region that pods are pinned to by the topology label", () => {
  test("lets a node that lies draw pods, never get one, and says so", async () => {
    const { kube, cluster } = product;
    const labels = { [topology]: "westeurope", [restricted]: "us-east-1", pool: "liar" };
    await cluster.addNode({ name: "liar", labels });
    await kube.create(deployments, deployment("managed", "drawn", 1, { nodeSelector: { pool: "liar" } }));
    await until(
      "the refusal of its binding",
      async () => (await kube.list(resources.events as Resource, { namespace: "managed" })).items,
      (events) =>
        events.some(
          ({ regarding, note }) => regarding?.name.startsWith("drawn-") && /us-east-1|liar/.test(note ?? ""),
        ),
    );
    expect(nodesOf(await podsOf("managed", "drawn"))).toEqual([undefined]);
    await until(
      "the Region to name it",
      () => condition("westeurope"),
      (seen) => seen?.status === "False" && seen.message.startsWith("liar (vouched for as us-east-1)"),
    );
  }, 120_000);

  test("is False while the node that is vouched for lacks that label", async () => {
    const { kube, cluster } = product;
    await declareRegion("plain", { vouchedBy: "Names", names: ["plain-1"], pinnedBy: "Topology" });
    await cluster.addNode({ name: "plain-1" });
    await until(
      "the Region to name the label",
      () => condition("plain"),
      (seen) =>
        seen?.reason === "PinLabelMissing" &&
        seen.message.startsWith("plain-1: spec.nodes.pinnedBy is Topology"),
    );
    await kube.patch(resources.nodes as Resource, "plain-1", "merge", {
      metadata: { labels: { [topology]: "plain" } },
    });
    await until(
      "it to be in order",
      () => condition("plain"),
      (seen) => seen?.status === "True",
    );
    const labelOf = async () =>
      (await kube.get(resources.nodes as Resource, "plain-1")).metadata.labels?.[restricted];
    expect(await labelOf()).toBe("plain");
    // No pod there is pinned by it.
    await kube.patch(kinds.regions, "plain", "merge", { spec: { nodes: { names: ["plain-2"] } } });
    await until("the label to be taken off", async () => (await labelOf()) === undefined);
  }, 60_000);
});

describe("the isolation of tenants lets through to the cluster's DNS", () => {
  const lookUps = async () => {
    const policy = await product.kube.get(resources.networkPolicies as Resource, "companyos-isolation", {
      namespace: "acme",
    });
    const { to, ports } = policy.spec.egress[1];
    return {
      namespaces: to.flatMap(({ namespaceSelector }: KubeObject) =>
        Object.values(namespaceSelector?.matchLabels ?? {}),
      ),
      addresses: to.flatMap(({ ipBlock }: KubeObject) => ipBlock?.cidr ?? []),
      ports: [...new Set(ports.map(({ port }: { port: number }) => port))],
    };
  };
  const is = (namespaces: string, ports: string) => (seen: Awaited<ReturnType<typeof lookUps>>) =>
    `${seen.namespaces} ${seen.ports}` === `${namespaces} ${ports}`;
  /** A DNS whose pods listen on another port than its Service. */
  const create = async (namespace: string, name: string, port: number, clusterIP?: string) => {
    const { kube } = product;
    await kube.create(resources.namespaces as Resource, { metadata: { name: namespace } });
    const ports = [{ name: "dns", port: 53, protocol: "UDP", targetPort: "dns" }];
    const spec = { ...(clusterIP ? { clusterIP } : {}), ports };
    await kube.create(resources.services as Resource, { metadata: { name, namespace }, spec });
    await kube.create(resources.endpointSlices as Resource, {
      metadata: { name: `${name}-1`, namespace, labels: { "kubernetes.io/service-name": name } },
      addressType: "IPv4",
      ports: [{ name: "dns", port, protocol: "UDP" }],
      endpoints: [{ addresses: ["10.128.0.7"], targetRef: { kind: "Pod", namespace, name: "dns-0" } }],
    });
  };

  test("as kubelets give it, before anything else is there", async () => {
    expect(await lookUps()).toEqual({
      namespaces: ["kube-system"],
      addresses: [`${given}/32`, "169.254.20.10/32"],
      ports: [53],
    });
  });

  test("as the Service that kubelets give, wherever it is, and no other by its name", async () => {
    const services = resources.services as Resource;
    // Anybody who may create namespaces could have made it.
    await create("openshift-dns", "dns-default", 5353);
    await create("names", "resolver", 1053, given);
    await until("the given Service", lookUps, is("names", "53,1053"));
    await product.kube.delete(services, "resolver", { namespace: "names" });
    await product.kube.delete(services, "dns-default", { namespace: "openshift-dns" });
    const ports = [{ name: "dns", port: 53, protocol: "UDP", targetPort: "dns" }];
    await product.kube.create(services, {
      metadata: { name: "dns-default", namespace: "openshift-dns" },
      spec: { clusterIP: given, ports },
    });
    await until("OpenShift's DNS", lookUps, is("openshift-dns", "53,5353"));
  }, 120_000);

  test("and not as a Service that has that address in a namespace which a Tenant claims", async () => {
    const { kube } = product;
    const services = resources.services as Resource;
    await kube.delete(services, "dns-default", { namespace: "openshift-dns" });
    const ports = [{ name: "dns", port: 53, protocol: "UDP", targetPort: "dns" }];
    const spec = { clusterIP: given, ports };
    await kube.create(services, { metadata: { name: "resolver", namespace: "names" }, spec });
    await until("the given Service, while nobody claims where it is", lookUps, is("names", "53,1053"));
    const claims = { namespaces: ["names"], adopt: ["names"] };
    const { metadata } = await kube.create(kinds.tenants, tenant("namer", claims));
    const consent = { "residency.companyos.io/adopt-by": `namer/${metadata.uid}` };
    await kube.patch(resources.namespaces as Resource, "names", "merge", {
      metadata: { annotations: consent },
    });
    await until("no Service to be followed", lookUps, is("kube-system", "53"));
  }, 120_000);
});
