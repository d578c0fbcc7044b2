import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Cluster, startCluster } from "@companyos/cluster";
import { crd, kinds } from "@companyos/crds";
import { type AnyObject, connect, type KubeClient, type Resource, resources } from "@companyos/kube";
import { createLogger, withDefaultMetrics } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createInventory, type PlanChange, residencyResources } from "../src/index.ts";
import { policy, region, tenant, vouchedLabel } from "./objects.ts";

const { tenants, policies, regions } = residencyResources;
let cluster: Cluster;
let client: KubeClient;
let inventory: ReturnType<typeof createInventory>;
const changes: PlanChange[] = [];

beforeAll(async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "inventory-"));
  cluster = await startCluster({ stateDir, components: ["etcd", "kube-apiserver"] });
  client = await connect({ kubeconfig: cluster.kubeconfig });
  // Before the CRDs, as a service does that starts while the chart is being installed.
  inventory = createInventory({
    client,
    log: createLogger({ role: "test", write: () => {} }),
    registry: withDefaultMetrics(),
    faults: () => {},
    timing: { backoffMs: [50, 500] },
  });
  inventory.onPlanChange((change) => void changes.push(change));
}, 120_000);
afterAll(async () => {
  await inventory.stop();
  await client.close();
  await cluster.stop({ discard: true });
  await rm(cluster.stateDir, { recursive: true });
});

const apply = (resource: Resource, object: AnyObject) =>
  client.apply(resource, object as never, { fieldManager: "test" });

/** Waits until the expectations hold. */
const eventually = (what: string, expectations: () => void) =>
  until(what, () => {
    expectations();
    return true;
  });

test("follows a cluster from before its CRDs exist, through an outage, to the last change", async () => {
  expect(inventory.synced()).toBe(false);
  expect(inventory.lookup("default")).toMatchObject({ code: "CACHE_NOT_SYNCED" });
  for (const kind of kinds) await apply(resources.customResourceDefinitions as Resource, crd(kind));
  await inventory.whenSynced(AbortSignal.timeout(20_000));
  expect(inventory.lookup("default")).toEqual({ state: "unclaimed" });

  await apply(regions as Resource, region("eu-west-1", "EU") as AnyObject);
  await apply(regions as Resource, region("us-east-1", "US") as AnyObject);
  await apply(
    tenants as Resource,
    tenant("acme", "eu-west-1", { regions: ["eu-west-1", "us-east-1"] }) as AnyObject,
  );
  await client.create(resources.namespaces, {
    metadata: {
      name: "acme",
      labels: { "residency.companyos.io/tenant": "acme" },
      annotations: { "residency.companyos.io/allowed-regions": "eu-west-1,us-east-1" },
    },
  });
  await client.create(resources.nodes, { metadata: { name: "n1", labels: vouchedLabel("us-east-1") } });
  await eventually("the first plan and node", () => {
    expect(inventory.lookup("acme")).toMatchObject({
      plan: { regions: ["eu-west-1", "us-east-1"], mode: "Enforce" },
      topology: { pin: ["eu-west-1", "us-east-1"] },
    });
    expect(inventory.nodes().get("n1")?.region).toBe("us-east-1");
  });

  await apply(policies as Resource, policy("eu", { jurisdictions: ["EU"] }, { mode: "Warn" }) as AnyObject);
  await eventually("the narrower plan", () =>
    expect(inventory.plan("acme")).toMatchObject({ regions: ["eu-west-1"], mode: "Warn" }),
  );

  await cluster.kill("kube-apiserver");
  expect(inventory.lookup("acme")).toMatchObject({ state: "tenant" });
  await cluster.restart("kube-apiserver");
  await client.patch(policies, "eu", "merge", { spec: { mode: "Enforce" } });
  await client.patch(resources.nodes, "n1", "merge", { metadata: { labels: vouchedLabel("eu-west-1") } });
  await eventually("what changed during the outage", () => {
    expect(inventory.plan("acme")?.mode).toBe("Enforce");
    expect(inventory.topology("acme").nodes.get("n1")?.region).toBe("eu-west-1");
  });

  await client.delete(tenants, "acme");
  await eventually("the tenant to be gone", () =>
    expect(inventory.lookup("acme")).toMatchObject({ code: "TENANT_UNKNOWN" }),
  );
  const story = changes.map(({ plan }) => plan && `${plan.regions.join("+")} ${plan.mode}`);
  expect(story.slice(-4)).toEqual([
    "eu-west-1+us-east-1 Enforce",
    "eu-west-1 Warn",
    "eu-west-1 Enforce",
    undefined,
  ]);
}, 120_000);
