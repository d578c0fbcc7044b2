import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "@companyos/cluster";
import { fieldManager } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { readyCondition, startTestProduct, type TestProduct } from "@companyos/operator/testing/product";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { unpack } from "../fixtures/packed.ts";
import { until } from "../src/until.ts";
import { created, objectsIn, putBack } from "./restored.ts";
import { fixture, regions } from "./written.ts";

const { tenants } = untyped(residencyResources);
const group = "residency.companyos.io";
const live = ["acme", "globex", "initech", "hooli"] as const;
let product: TestProduct;

const workload = (name: string, spec: object) => ({
  metadata: { name },
  spec: {
    selector: { matchLabels: { app: name } },
    template: {
      metadata: { labels: { app: name } },
      spec: { containers: [{ name: "main", image: "app:1" }], ...spec },
    },
  },
});
const pinOfThen = ["topology.kubernetes.io/region", "node-restriction.kubernetes.io/residency-region"].map(
  (key) => ({ key, operator: "In", values: ["eu-west-1"] }),
);
const required = { nodeSelectorTerms: [{ matchExpressions: pinOfThen }] };
/** As releases of then left them: DaemonSets were pinned in their templates, of Deployments only the pods. */
const workloads = {
  daemonsets: workload("agent", {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: required } },
  }),
  deployments: workload("web", {}),
};

/** A cluster and its volumes as 92b41f4 left them. */
async function asThen(cluster: Cluster, dir: string): Promise<void> {
  const then = await unpack(join(fixture, "state.tar.gz"));
  const admission = "/apis/admissionregistration.k8s.io/v1";
  const crds = await objectsIn(join(then, "cluster/crds.yaml"));
  await created(cluster, "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crds, "helm");
  for (const [file, plural] of [
    ["validating-policies", "validatingadmissionpolicies"],
    ["validating-bindings", "validatingadmissionpolicybindings"],
    ["mutating-policies", "mutatingadmissionpolicies"],
    ["mutating-bindings", "mutatingadmissionpolicybindings"],
    ["webhooks", "validatingwebhookconfigurations"],
  ]) {
    const objects = await objectsIn(join(then, "cluster", `${file}.yaml`));
    await created(cluster, `${admission}/${plural}`, objects, fieldManager("admission"));
  }
  for (const plural of ["regions", "residencypolicies", "tenants"])
    await putBack(cluster, `${group}/${plural}`, await objectsIn(join(fixture, "objects", `${plural}.yaml`)));
  await putBack(cluster, "namespaces", await objectsIn(join(fixture, "objects/namespaces.yaml")));
  for (const [plural, object] of Object.entries(workloads))
    await cluster.request("POST", `/apis/apps/v1/namespaces/acme/${plural}`, object);
  await cp(join(then, "companyos-operator-0/journal"), join(dir, "operator"), { recursive: true });
  await cp(join(then, "companyos-webhook-0/journal"), join(dir, "webhook"), { recursive: true });
  for (const region of regions) {
    const pod = join(then, `companyos-notary-${region}-0`);
    await cp(join(pod, "store"), join(dir, region, "store"), { recursive: true });
    for (const keys of ["keys", "root"])
      await cp(join(pod, keys, "local"), join(dir, region, keys), { recursive: true });
  }
  await rm(then, { recursive: true });
}

beforeAll(async () => {
  product = await startTestProduct({ before: asThen });
}, 180_000);
afterAll(() => product?.stop(), 180_000);

async function uidThen(name: string): Promise<unknown> {
  const found = (await objectsIn(join(fixture, "objects/tenants.yaml"))).find(
    ({ metadata }) => metadata.name === name,
  );
  return found?.metadata.uid;
}

test("the Tenants of then are Ready, under the uids they had", async () => {
  for (const name of live) {
    await until(`${name} Ready`, async () => {
      const condition = await readyCondition(product.kube, name);
      const { metadata } = await product.kube.get(tenants!, name);
      return condition?.status === "True" && condition.observedGeneration === metadata.generation;
    });
    expect((await product.kube.get(tenants!, name)).metadata.uid).toBe(await uidThen(name));
  }
});

test("what the journals had left is in the logs, once", async () => {
  for (const [name, region] of [
    ["acme", "eu-west-1"],
    ["globex", "us-east-1"],
  ] as const)
    for (const type of ["admission.blocked", "admission.repeated", "placement.observed"]) {
      const undelivered = async () =>
        (await product.receiptsOfTenant(region, name, type)).filter(
          ({ disclosed }) => disclosed.name === "undelivered",
        );
      await until(
        `${type} of ${name}`,
        () => undelivered(),
        (seen) => seen.length > 0,
      );
      expect(await undelivered()).toHaveLength(1);
    }
});

test("nothing is told of a tenant that did not change: no handover, no change of plan, no observation twice", async () => {
  // Pods were not put back: with the last one's end everything that was remembered has been looked at.
  for (const [name, region, uids] of [
    ["acme", "eu-west-1", 3],
    ["globex", "us-east-1", 3],
  ] as const)
    await until(`the ends of ${name}'s pods`, async () => {
      const ended = await product.receiptsOfTenant(region, name, "placement.ended");
      return new Set(ended.map(({ disclosed }) => disclosed.uid)).size === uids;
    });
  await until("every home to be remembered", async () => {
    const homes = await product.remembered("homes");
    return live.every((name) => homes.includes(`["${name}",`));
  });
  for (const [name, region, changes] of [
    ["acme", "eu-west-1", 3],
    ["globex", "us-east-1", 2],
    ["initech", "eu-west-1", 3],
    ["hooli", "eu-west-1", 2],
    ["hooli", "us-east-1", 1],
  ] as const) {
    const told = await product.receiptsOfTenant(region, name, "policy.changed");
    expect([name, region, told.length]).toEqual([name, region, changes]);
    expect(await product.receiptsOfTenant(region, name, "tenant.handover")).toEqual([]);
  }
});

test("namespaces keep the tenant they bear, and the one whose Tenant is gone stays whose it was", async () => {
  for (const name of [...live, "pied"]) {
    const { metadata } = await product.kube.get(resources.namespaces, name);
    expect(metadata.labels).toMatchObject({ [`${group}/tenant`]: name });
    // They say by uid whose they are: the Tenant's that was there, and of a Tenant that is gone nobody's.
    const owner = name === "pied" ? "orphaned" : await uidThen(name);
    expect(metadata.labels).toMatchObject({ [`${group}/tenant-uid`]: owner });
  }
});

test("what is refused today is in the chain of then", async () => {
  const metadata = { name: "today", namespace: "acme" };
  const nodeSelector = { "topology.kubernetes.io/region": "us-east-1" };
  const spec = { nodeSelector, containers: [{ name: "x", image: "x:1" }] };
  const pod = { apiVersion: "v1", kind: "Pod", metadata, spec };
  await until("a pod abroad to be refused with a receipt", async () => {
    const { status, text } = await product.kube.raw("/api/v1/namespaces/acme/pods", {
      method: "POST",
      body: pod,
    });
    return status === 403 && text.includes("CROSS_REGION");
  });
  await until("it in the log", async () => {
    const blocked = await product.receiptsOfTenant("eu-west-1", "acme", "admission.blocked");
    const [first, last] = [blocked[0]!.claims, blocked.at(-1)!];
    return last.disclosed.name === "today" && last.claims.sub === first.sub;
  });
});

test("no workload is rolled: what stands is taken as it is", async () => {
  const { kube } = product;
  const rollout = async () => (await kube.get(tenants!, "acme")).status?.rollout;
  await until("the operator to have looked", rollout, (seen) => seen?.namespaces.includes("acme"));
  expect(await rollout()).toMatchObject({ workloads: 2, left: 0 });
  expect(await rollout()).not.toHaveProperty("since");
  const { daemonSets, deployments } = untyped(resources);
  for (const resource of [daemonSets, deployments]) {
    const { items } = await kube.list(resource, { namespace: "acme" });
    expect(items.map(({ metadata }) => metadata.generation)).toEqual([1]);
  }
});
