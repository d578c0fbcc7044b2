import { isDeepStrictEqual } from "node:util";
import { residencyResources } from "@companyos/inventory";
import { isForbidden, type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { policy, region, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants, policies, regions } = untyped(residencyResources);
const podResource = resources.pods as Resource;
let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct();
  const { kube } = product;
  await kube.create(regions!, region("eu-west-1"));
  await kube.create(regions!, region("us-east-1"));
  const euOnly = { tenantSelector: { matchLabels: { team: "eu" } }, allowed: { jurisdictions: ["EU"] } };
  await kube.create(policies!, policy("eu-only", euOnly));
  await kube.create(
    tenants!,
    tenant("acme", { quota: { hard: { pods: "50" } }, owners: [{ kind: "User", name: "jane" }] }),
  );
  await ready("acme");
}, 180_000);
afterAll(() => product?.stop(), 180_000);

const condition = (object: KubeObject | undefined, type: string) =>
  object?.status?.conditions?.find((one: { type: string }) => one.type === type);

async function ready(name: string): Promise<void> {
  await until(`tenant ${name} to be Ready`, async () => {
    const object = await product.kube.find(tenants!, name);
    return condition(object, "Ready")?.status === "True";
  });
}

async function reason(name: string, expected: string): Promise<KubeObject> {
  let object: KubeObject | undefined;
  await until(`tenant ${name} to say ${expected}`, async () => {
    object = await product.kube.find(tenants!, name);
    return condition(object, "Ready")?.reason === expected;
  });
  return object!;
}

const template = (spec: object = {}) => ({
  metadata: { labels: { app: "web" } },
  spec: { containers: [{ name: "app", image: "app:1" }], ...spec },
});
const workload = (name: string, spec: object, pods: object = {}): KubeObject => ({
  metadata: { name, namespace: "acme" },
  spec: { selector: { matchLabels: { app: "web" } }, template: template(pods), ...spec },
});
const pod = (name: string, spec: object = {}, namespace = "acme"): KubeObject => ({
  metadata: { name, namespace },
  spec: template(spec).spec,
});
const inUs = { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } };

async function nodesOf(prefix: string): Promise<string[]> {
  const { items } = await product.kube.list(podResource, { namespace: "acme" });
  return items
    .filter(({ metadata, status }) => metadata.name!.startsWith(prefix) && status?.phase === "Running")
    .map(({ spec }) => spec.nodeName as string);
}

/** Notes of Events about what was put back of a tenant. */
async function restorations(name: string): Promise<string[]> {
  const { items } = await product.kube.list(resources.events as Resource, { namespace: "default" });
  const told = items.filter(
    ({ reason, regarding }) => reason === "FootprintRestored" && regarding?.name === name,
  );
  return told.map(({ note }) => note as string);
}

async function refusal(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
  } catch (error) {
    expect(isForbidden(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error("it was admitted");
}

async function metric(url: string, start: string): Promise<number> {
  const lines = (await (await fetch(url)).text()).split("\n").filter((line) => line.startsWith(start));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

describe("tenants", () => {
  test("a tenant gets a namespace with its residency metadata and the whole footprint", async () => {
    const namespace = await product.kube.get(resources.namespaces, "acme");
    expect(namespace.metadata.labels).toMatchObject({
      "residency.companyos.io/tenant": "acme",
      "residency.companyos.io/mode": "Enforce",
    });
    expect(namespace.metadata.annotations).toMatchObject({
      "residency.companyos.io/allowed-regions": "eu-west-1",
    });
    const quotas = await product.kube.list(resources.resourceQuotas, { namespace: "acme" });
    const bindings = await product.kube.list(resources.roleBindings, { namespace: "acme" });
    const policies = await product.kube.list(resources.networkPolicies, { namespace: "acme" });
    expect([quotas.items.length, bindings.items.length]).toEqual([1, 1]);
    expect(policies.items.length).toBeGreaterThan(0);
    const acme = await product.kube.get(tenants!, "acme");
    expect(acme.status).toMatchObject({
      observedGeneration: acme.metadata.generation,
      effectiveRegions: ["eu-west-1"],
      mode: "Enforce",
      namespace: "acme",
      regions: [{ name: "eu-west-1", ready: true }],
    });
    expect(acme.metadata.finalizers).toContain("residency.companyos.io/footprint");
  });

  test("what is changed or deleted comes back, and an Event says by whom it was changed", async () => {
    const { kube } = product;
    const [quota] = (await kube.list(resources.resourceQuotas, { namespace: "acme" })).items;
    const { name } = quota!.metadata;
    await kube.patch(
      resources.resourceQuotas,
      name!,
      "merge",
      { spec: { hard: { pods: "1000" } } },
      { namespace: "acme", fieldManager: "generous" },
    );
    await until("the quota to be corrected", async () => {
      const live = await kube.get(resources.resourceQuotas, name!, { namespace: "acme" });
      return live.spec?.hard?.pods === "50";
    });
    await kube.delete(resources.resourceQuotas, name!, { namespace: "acme" });
    await until("the quota to be made again", () =>
      kube.find(resources.resourceQuotas, name!, { namespace: "acme" }),
    );
    await kube.patch(resources.namespaces, "acme", "merge", {
      metadata: { annotations: { "residency.companyos.io/allowed-regions": "eu-west-1,us-east-1" } },
    });
    await until("the namespace's regions to be corrected", async () => {
      const { metadata } = await kube.get(resources.namespaces, "acme");
      return metadata.annotations?.["residency.companyos.io/allowed-regions"] === "eu-west-1";
    });
    const told = await until(
      "Events of all three",
      () => restorations("acme"),
      (notes) =>
        notes.some((note) => note.includes(" Namespace acme")) &&
        notes.includes(`restored ResourceQuota acme/${name} (changed by field manager generous)`) &&
        notes.includes(`restored ResourceQuota acme/${name} (deleted)`),
    );
    expect(told.filter((note) => note.includes(" Namespace acme"))).toHaveLength(1);
  });

  test("a change of mode undoes nobody's change, and is not told as if it did", async () => {
    const { kube } = product;
    const allowed = { jurisdictions: ["EU"] };
    const mode = { tenantSelector: { matchLabels: { team: "calm" } }, allowed, mode: "Audit" };
    await kube.create(tenants!, tenant("calm", { quota: { hard: { pods: "1" } } }, { team: "calm" }));
    await ready("calm");
    await kube.create(policies!, policy("calm", mode));
    const written = async () =>
      (await kube.get(resources.namespaces, "calm")).metadata.labels?.["residency.companyos.io/mode"];
    await until("the namespace to say Audit", written, (seen) => seen === "Audit");
    await kube.patch(tenants!, "calm", "merge", { metadata: { labels: { team: "none" } } });
    await until("the namespace to say Enforce again", written, (seen) => seen === "Enforce");
    // One that is told comes after what is not: Events are written in order.
    const [quota] = (await kube.list(resources.resourceQuotas, { namespace: "calm" })).items;
    await kube.delete(resources.resourceQuotas, quota!.metadata.name!, { namespace: "calm" });
    const notes = await until(
      "an Event of what is restored",
      () => restorations("calm"),
      (told) => told.length > 0,
    );
    expect(notes).toEqual([`restored ResourceQuota calm/${quota!.metadata.name} (deleted)`]);
    await kube.delete(policies!, "calm");
    await kube.delete(tenants!, "calm");
  });

  test("what leaves the spec is removed", async () => {
    const { kube } = product;
    await kube.create(
      tenants!,
      tenant("pruned", { owners: [{ kind: "User", name: "joe" }], quota: { hard: { pods: "1" } } }),
    );
    await ready("pruned");
    await kube.patch(tenants!, "pruned", "json", [
      { op: "remove", path: "/spec/owners" },
      { op: "remove", path: "/spec/quota" },
    ]);
    await until("role binding and quota to be gone", async () => {
      const bindings = await kube.list(resources.roleBindings, { namespace: "pruned" });
      const quotas = await kube.list(resources.resourceQuotas, { namespace: "pruned" });
      return bindings.items.length + quotas.items.length === 0;
    });
  });

  test("a namespace that is somebody else's is not taken over", async () => {
    const { kube } = product;
    await kube.create(resources.namespaces, { metadata: { name: "occupied" } });
    await kube.create(tenants!, tenant("squatter", { namespace: "occupied" }));
    const object = await reason("squatter", "NamespaceConflict");
    expect(condition(object, "Stalled").status).toBe("True");
    expect((await kube.get(resources.namespaces, "occupied")).metadata.labels).not.toHaveProperty([
      "residency.companyos.io/tenant",
    ]);
    await kube.delete(tenants!, "squatter");
  });

  test("a plan that narrows is in force in every namespace of the tenant, whatever holds up its footprint", async () => {
    const { kube } = product;
    const regions = ["eu-west-1", "us-east-1"];
    const spec = { regions, namespaces: ["torn-left", "torn-kept"] };
    await kube.create(tenants!, tenant("torn", spec, { team: "torn" }));
    await ready("torn");
    const inForce = (allowed: string) =>
      until(`${allowed} in every namespace`, async () => {
        const { items } = await kube.list(resources.namespaces, {
          labelSelector: "residency.companyos.io/tenant=torn",
        });
        const found = items.map(
          ({ metadata }) => metadata.annotations?.["residency.companyos.io/allowed-regions"],
        );
        return found.length === 3 && found.every((value) => value === allowed);
      });
    const hinder = async (changes: object, expected: string) => {
      await kube.patch(tenants!, "torn", "merge", { spec: changes });
      await reason("torn", expected);
    };
    await kube.create(resources.namespaces, { metadata: { name: "not-torns" } });

    // A namespace that left the spec is kept, and so is the rule in it.
    await hinder({ namespaces: ["torn-kept"] }, "Provisioned");
    const only = (region: string) => ({
      tenantSelector: { matchLabels: { team: "torn" } },
      allowed: { regions: [region] },
    });
    await kube.create(policies!, policy("torn", only("eu-west-1")));
    await inForce("eu-west-1");
    await hinder({ paused: true }, "Paused");
    await kube.patch(policies!, "torn", "merge", { spec: only("us-east-1") });
    await inForce("us-east-1");
    await hinder({ paused: false, namespaces: ["torn-kept", "not-torns"] }, "NamespaceConflict");
    await kube.patch(policies!, "torn", "merge", { spec: only("eu-west-1") });
    await inForce("eu-west-1");
    await kube.delete(policies!, "torn");
    await kube.delete(tenants!, "torn");
  });

  test("a tenant whose home region has no notary says that nothing of it is recorded", async () => {
    const { kube } = product;
    const bare = { metadata: { name: "ap-south-1" }, spec: { jurisdiction: "IN" } };
    await kube.create(regions!, { ...region("eu-west-1"), ...bare });
    await kube.create(tenants!, tenant("unlogged", { homeRegion: "ap-south-1" }, { team: "unlogged" }));
    expect(condition(await reason("unlogged", "NoNotary"), "Ready").message).toContain("ap-south-1");
    await kube.delete(tenants!, "unlogged");
    await kube.delete(regions!, "ap-south-1");
  });

  test("what the API server finds invalid stalls the tenant and keeps nothing else from it, until its spec is mended", async () => {
    const impossible = { default: { cpu: "2" }, max: { cpu: "1" } };
    await product.kube.create(tenants!, tenant("impossible", { limits: impossible }));
    const object = await reason("impossible", "FootprintInvalid");
    expect(condition(object, "Stalled")).toMatchObject({
      status: "True",
      message: expect.stringMatching(/LimitRange.*cpu/),
    });
    expect(condition(object, "Reconciling")?.status).toBe("False");
    const namespace = { namespace: "impossible" };
    const isolation = untyped(resources).networkPolicies!;
    expect(await product.kube.find(isolation, "companyos-isolation", namespace)).toBeDefined();
    const { generation } = object.metadata;
    const mended = { spec: { limits: { max: { cpu: "4" } } } };
    await product.kube.patch(tenants!, "impossible", "merge", mended);
    await ready("impossible");
    const after = await product.kube.get(tenants!, "impossible");
    expect(after.status.observedGeneration).toBeGreaterThan(generation as number);
    await product.kube.delete(tenants!, "impossible");
  });

  test("a tenant whose regions no policy allows says so, and nothing of it runs", async () => {
    const { kube } = product;
    await kube.create(tenants!, tenant("nowhere", { homeRegion: "us-east-1" }));
    await reason("nowhere", "NoRegionAllowed");
    await until("its service account", () =>
      kube.find(resources.serviceAccounts as Resource, "default", { namespace: "nowhere" }),
    );
    await until(
      "the refusal of its pods",
      () => refusal(kube.create(podResource, pod("lost", {}, "nowhere"))),
      (message) => message.includes("PLAN_EMPTY"),
    );
    const euOnly = await kube.get(policies!, "eu-only");
    await until(
      "the policy to name it",
      () => kube.get(policies!, "eu-only"),
      (seen) => seen.status?.emptyTenants?.includes("nowhere"),
    );
    expect(euOnly.kind).toBe("ResidencyPolicy");
  });

  test("deleting keeps the namespace and its guards, or purges it, as the tenant says", async () => {
    const { kube } = product;
    await kube.create(tenants!, tenant("kept"));
    await kube.create(tenants!, tenant("purged", { deletionPolicy: "Purge" }));
    await Promise.all([ready("kept"), ready("purged")]);
    await Promise.all([kube.delete(tenants!, "kept"), kube.delete(tenants!, "purged")]);
    await until("both tenants to be gone", async () => {
      const both = await Promise.all([kube.find(tenants!, "kept"), kube.find(tenants!, "purged")]);
      return both.every((object) => object === undefined);
    });
    const kept = await kube.get(resources.namespaces, "kept");
    expect(kept.metadata.deletionTimestamp).toBeUndefined();
    expect(kept.metadata.labels).toMatchObject({ "residency.companyos.io/tenant": "kept" });
    expect(await kube.find(resources.namespaces, "purged")).toBeUndefined();
  });

  test("regions and policies say what they apply to", async () => {
    await until(
      "the region's status",
      () => product.kube.get(regions!, "eu-west-1"),
      (seen) => seen.status?.nodes === 2,
    );
    await until("the policy's status", async () => {
      const { status } = await product.kube.get(policies!, "eu-only");
      return status?.tenants >= 1 && condition({ metadata: {}, status }, "Ready")?.status === "True";
    });
  });

  test("when nothing changes nothing is written", async () => {
    const versions = async () => {
      const lists = [
        tenants!,
        policies!,
        regions!,
        resources.namespaces as Resource,
        resources.networkPolicies as Resource,
      ];
      const all = await Promise.all(lists.map((resource) => product.kube.list(resource)));
      return all
        .flatMap(({ items }) => items.map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`))
        .sort();
    };
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const written = () => metric(product.metrics.operator, "residency_admission_objects_written_total");
    let before: unknown;
    await until(
      "3 s without a write: what earlier tests changed is told a moment later",
      async () => {
        before = [await versions(), await written()];
        await pause(3000);
        return isDeepStrictEqual([await versions(), await written()], before);
      },
      Boolean,
      { timeoutMs: 60_000 },
    );
    await pause(3000);
    expect([await versions(), await written()]).toEqual(before);
  });
});

describe("placements", () => {
  test("all pods of an unconstrained Deployment and DaemonSet run in the region, and only there", async () => {
    const { kube } = product;
    await kube.create(resources.deployments as Resource, workload("web", { replicas: 4 }));
    await kube.create(resources.daemonSets as Resource, workload("agent", {}));
    await until(
      "4 web pods to run",
      () => nodesOf("web-"),
      (seen) => seen.length === 4,
    );
    await until(
      "2 agent pods to run",
      () => nodesOf("agent-"),
      (seen) => seen.length === 2,
    );
    expect(
      [...(await nodesOf("web-")), ...(await nodesOf("agent-"))].every((node) =>
        node.startsWith("eu-west-1"),
      ),
    ).toBe(true);
    await until("the DaemonSet to count them", async () => {
      const { status } = await kube.get(resources.daemonSets as Resource, "agent", { namespace: "acme" });
      return status?.desiredNumberScheduled === 2;
    });
  });

  test("a template for another region is refused at once with everything its author needs", async () => {
    const message = await refusal(
      product.kube.create(resources.deployments as Resource, workload("exile", { replicas: 4 }, inUs)),
    );
    for (const part of ["tenant acme", "us-east-1", "eu-west-1", "nodeSelector", "eu-only", "receipt"]) {
      expect(message).toContain(part);
    }
  });

  test("an update that names another region by the pin's own label is refused on record, also as one that asks for the pin anew", async () => {
    const { kube } = product;
    // One that the namespace never had: what somebody wrote of us-east-1 above counts as taken from it.
    const nodeSelector = { "node-restriction.kubernetes.io/residency-region": "ap-south-1" };
    const spec = { template: { spec: { nodeSelector } } };
    const repin = { annotations: { "residency.companyos.io/repin": "now" } };
    const send = (change: object) =>
      kube.patch(resources.deployments as Resource, "web", "merge", change, { namespace: "acme" });
    for (const metadata of [{}, repin]) {
      const message = await refusal(send({ metadata, spec }));
      for (const part of ["REGION_UNRESOLVABLE", "ap-south-1", "receipt"]) expect(message).toContain(part);
    }
    expect((await send({ metadata: repin })).metadata.annotations).toMatchObject(repin.annotations);
  });

  test("a named node, alternatives, and bindings elsewhere are refused", async () => {
    const { kube } = product;
    expect(await refusal(kube.create(podResource, pod("direct", { nodeName: "us-east-1-0" })))).toContain(
      "CROSS_REGION",
    );
    expect(await refusal(kube.create(podResource, pod("ghost", { nodeName: "no-such-node" })))).toContain(
      "NODE_UNKNOWN",
    );
    const term = (name: string) => ({
      matchExpressions: [{ key: "topology.kubernetes.io/region", operator: "In", values: [name] }],
    });
    const alternatives = {
      affinity: {
        nodeAffinity: {
          requiredDuringSchedulingIgnoredDuringExecution: {
            nodeSelectorTerms: [term("eu-west-1"), term("us-east-1")],
          },
        },
      },
    };
    expect(await refusal(kube.create(podResource, pod("either", alternatives)))).toContain("CROSS_REGION");

    await kube.create(podResource, pod("waiting", { schedulerName: "nobody" }));
    const bind = (name: string, namespace = "acme") =>
      product.cluster.request("POST", `/api/v1/namespaces/${namespace}/pods/waiting/binding`, {
        apiVersion: "v1",
        kind: "Binding",
        metadata: { name: "waiting" },
        target: { kind: "Node", name },
      });
    await expect(bind("us-east-1-0")).rejects.toMatchObject({ status: 403 });
    await bind("eu-west-1-0");
  });

  test("each refusal is counted once, and the counter names tenant, regions and kind", async () => {
    const start =
      'residency_cross_region_block_total{tenant="acme",from="eu-west-1",to="us-east-1",kind="Job"}';
    const before = await metric(product.metrics.webhook, start);
    for (let i = 0; i < 3; i += 1) {
      const job = {
        metadata: { name: "late", namespace: "acme" },
        spec: { template: template({ ...inUs, restartPolicy: "Never" }) },
      };
      await refusal(product.kube.create(resources.jobs as Resource, job));
    }
    expect((await metric(product.metrics.webhook, start)) - before).toBe(3);
  });

  test("what was bound is recorded once, also when the operator starts again", async () => {
    const { items } = await product.kube.list(podResource, { namespace: "acme" });
    const uids = items.filter(({ spec }) => spec.nodeName).map(({ metadata }) => metadata.uid!);
    const linesOf = async (uid: string) =>
      (await product.remembered("placements")).split("\n").filter((line) => line.startsWith(`["${uid}"`));
    const isRecorded = async (uid: string) =>
      (await linesOf(uid)).some((line) => line.includes('"observed"'));
    await until(
      "every bound pod to be recorded",
      () => Promise.all(uids.map(isRecorded)),
      (seen) => seen.every(Boolean),
    );
    await product.stopOperator();
    // Meanwhile people do what they like to the footprint.
    const [quota] = (await product.kube.list(resources.resourceQuotas, { namespace: "acme" })).items;
    const { name } = quota!.metadata;
    const [networkPolicy] = (await product.kube.list(resources.networkPolicies, { namespace: "acme" })).items;
    const generous = { namespace: "acme", fieldManager: "unwatched" };
    const changed = { spec: { hard: { pods: "1000" } } };
    await product.kube.patch(resources.resourceQuotas, name!, "merge", changed, generous);
    await product.kube.delete(resources.networkPolicies, networkPolicy!.metadata.name!, {
      namespace: "acme",
    });
    await product.startOperator();
    const notes = await until(
      "an Event of what was changed while nobody looked",
      () => restorations("acme"),
      (told) => told.some((note) => note.includes("unwatched")),
    );
    const note = notes.find((one) => one.includes("unwatched"));
    expect(note).toContain(`ResourceQuota acme/${name} (changed by field manager unwatched)`);
    expect(note).toContain(`NetworkPolicy acme/${networkPolicy!.metadata.name} (deleted)`);
    // What was there at the start is taken up before what comes later.
    const later = await product.kube.create(podResource, pod("after-the-start"));
    await until("a later pod to be recorded", () => isRecorded(later.metadata.uid!));
    // Opening left one line for each; another observation would have added to them.
    for (const uid of uids) expect(await linesOf(uid)).toHaveLength(1);
  });

  test("a pod that a narrower plan leaves outside is observed again, counted, and left alone", async () => {
    const { kube } = product;
    const spec = { regions: ["eu-west-1", "us-east-1"] };
    await kube.create(tenants!, tenant("narrowed", spec, { team: "narrowed" }));
    await ready("narrowed");
    const roaming = pod("roaming", inUs, "narrowed");
    await until("the pod to be made", () => kube.create(podResource, roaming));
    const { uid } = (await kube.get(podResource, "roaming", { namespace: "narrowed" })).metadata;
    const observed = async () => {
      const lines = (await product.remembered("placements")).trim().split("\n");
      const last = lines.findLast((line) => line.includes(uid!) && line.includes('"observed"'));
      return {
        times: lines.filter((line) => line.includes(uid!) && line.includes('"observed"')).length,
        last,
      };
    };
    await until(
      "it to be observed",
      () => observed(),
      (seen) => seen.times === 1,
    );
    expect((await observed()).last).toContain('"allow"');
    const outside = () => metric(product.metrics.operator, 'residency_placements_outside{tenant="narrowed"}');
    expect(await outside()).toBe(0);

    const only = {
      tenantSelector: { matchLabels: { team: "narrowed" } },
      allowed: { jurisdictions: ["EU"] },
    };
    await kube.create(policies!, policy("narrow", only));
    await until("it to be observed again", async () => (await observed()).last?.includes('"block"') ?? false);
    expect((await observed()).times).toBe(2);
    await until("it to be counted", outside, (count) => count === 1);
    const told = async () => (await kube.get(tenants!, "narrowed")).status;
    const status = await until("the Tenant to say so", told, (seen) => seen?.outside?.pods === 1);
    expect(status.outside).toMatchObject({
      regions: ["us-east-1"],
      named: [{ apiVersion: "v1", kind: "Pod", namespace: "narrowed", name: "roaming", pods: 1 }],
    });
    const inside = ({ type }: KubeObject) => type === "PlacementsInside";
    expect(status.conditions.find(inside)).toMatchObject({ status: "False", reason: "LeftRunning" });
    const warned = async () =>
      (await kube.list(resources.events as Resource, { namespace: "default" })).items.filter(
        ({ reason, regarding }) => reason === "LeftRunning" && regarding?.name === "narrowed",
      );
    const [event] = await until("an Event of it", warned, (events) => events.length === 1);
    expect(event!.note).toContain("No rollout replaces Pod narrowed/roaming");
    expect((await kube.get(podResource, "roaming", { namespace: "narrowed" })).metadata.uid).toBe(uid);

    await kube.delete(policies!, "narrow");
    await until(
      "it to be lawful again",
      () => outside(),
      (seen) => seen === 0,
    );
    await kube.delete(tenants!, "narrowed");
  });
});

describe("the registration", () => {
  const objects: [string, Resource][] = [
    ["companyos-residency", resources.validatingWebhookConfigurations as Resource],
    ["companyos-residency", resources.mutatingWebhookConfigurations as Resource],
    ["companyos-pin", resources.mutatingAdmissionPolicies as Resource],
    ["companyos-pin", resources.mutatingAdmissionPolicyBindings as Resource],
    ["companyos-pinned", resources.validatingAdmissionPolicies as Resource],
    ["companyos-pinned", resources.validatingAdmissionPolicyBindings as Resource],
  ];

  test("whatever is deleted comes back", async () => {
    for (const [name, resource] of objects) {
      const { metadata } = await product.kube.get(resource, name);
      await product.kube.delete(resource, name);
      const back = async () => (await product.kube.find(resource, name))?.metadata.uid;
      await until(`${resource.kind} ${name}`, async () => ![undefined, metadata.uid].includes(await back()));
    }
  });

  test("whatever is added to it is taken out", async () => {
    const { kube } = product;
    const configurations = resources.validatingWebhookConfigurations as Resource;
    await kube.patch(configurations, "companyos-residency", "json", [
      { op: "add", path: "/webhooks/0/matchConditions/-", value: { name: "never", expression: "false" } },
      { op: "add", path: "/webhooks/0/objectSelector", value: { matchLabels: { never: "never" } } },
    ]);
    const clean = async () => {
      const [entry] = (await kube.get(configurations, "companyos-residency")).webhooks;
      return entry.matchConditions.length === 3 && entry.objectSelector.matchLabels === undefined;
    };
    await until("the addition to be gone", clean);
    const bindings = resources.mutatingAdmissionPolicyBindings as Resource;
    // Its times are whole seconds: who writes in the second in which the operator did last is not named.
    const { managedFields = [] } = (await kube.get(bindings, "companyos-pin")).metadata;
    const last = Math.max(...managedFields.map(({ time = "" }) => Date.parse(time)));
    await until("another second", async () => Date.now() >= last + 1_000);
    await kube.patch(
      bindings,
      "companyos-pin",
      "merge",
      {
        spec: {
          matchResources: {
            excludeResourceRules: [
              { apiGroups: ["*"], apiVersions: ["*"], operations: ["*"], resources: ["*"] },
            ],
          },
        },
      },
      { fieldManager: "generous" },
    );
    const gone = async () =>
      (await kube.get(bindings, "companyos-pin")).spec.matchResources.excludeResourceRules === undefined;
    await until("the exclusion to be gone", gone);
    const told = async () =>
      (await kube.list(resources.events as Resource, { namespace: "default" })).items.filter(
        ({ reason, regarding }) =>
          reason === "AdmissionRestored" &&
          regarding?.kind === "MutatingAdmissionPolicyBinding" &&
          regarding.name === "companyos-pin",
      );
    const by = ({ note }: KubeObject) =>
      (note as string).startsWith("it was changed by field manager generous, and is");
    await until("an Event that names who changed it", told, (events) => events.some(by));
  });

  test("with the webhook gone lawful pods run in their region, unlawful ones never, and nothing is held up", async () => {
    const { kube } = product;
    await product.stopWebhook();
    try {
      await kube.create(resources.deployments as Resource, workload("alone", { replicas: 4 }));
      await until(
        "4 pods to run",
        () => nodesOf("alone-"),
        (seen) => seen.length === 4,
      );
      expect((await nodesOf("alone-")).every((node) => node.startsWith("eu-west-1"))).toBe(true);
      await kube.create(resources.deployments as Resource, workload("exile", { replicas: 1 }, inUs));
      await kube.patch(
        resources.deployments as Resource,
        "alone",
        "merge",
        { spec: { replicas: 0 } },
        { namespace: "acme" },
      );
      await until(
        "the pods to go",
        () => nodesOf("alone-"),
        (seen) => seen.length === 0,
      );
      expect(await nodesOf("exile-")).toEqual([]);
    } finally {
      await product.startWebhook();
    }
    await kube.delete(resources.deployments as Resource, "exile", { namespace: "acme" });
  });
});
