import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Api, type ApiResponse, openApi } from "../src/api.ts";
import { declared, declarePolicy, type Mode, tenantReady } from "../src/declare.ts";
import { listedReceipts, provenEvidence, receiptIdIn, sumOfMetric } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";
import { asApiServer, review } from "../src/webhook.ts";

const suffix = Date.now().toString(36);
const region = "topology.kubernetes.io/region";
const merge = "application/merge-patch+json";

let product: Product;
let api: Api;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
}, 180_000);

afterAll(async () => {
  await api?.close();
  await product?.stop();
}, 180_000);

const containers = [{ name: "main", image: "nginx:1.29" }];
const abroad = { nodeSelector: { [region]: "us-east-1" }, containers };
const labels = { app: "abroad" };

function deployment(name: string, replicas: number, spec: object = abroad) {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

const deployments = (namespace: string) => `/apis/apps/v1/namespaces/${namespace}/deployments`;
const pods = (namespace: string) => `/api/v1/namespaces/${namespace}/pods`;
const blocked = (tenant: string) =>
  sumOfMetric(product.dev.metrics.webhook, "residency_cross_region_block_total", { tenant });

/** Goes through, and the client is told nothing. */
function expectSilent({ status, body, warnings }: ApiResponse): void {
  expect({ through: status < 300, message: body.message, warnings }).toEqual({
    through: true,
    message: undefined,
    warnings: [],
  });
}

/**
 * Waits until each replica decides on what is created for a tenant in Warn or Audit: it may learn of the tenant a moment
 * after the operator. Each request takes a connection of its own, and they go to the replicas in turn.
 */
async function knownToAll(tenant: string): Promise<void> {
  const caller = await asApiServer(product);
  const ask = () => caller.send(review(tenant, { spec: abroad }));
  await until(
    `${tenant} known to every replica`,
    () => Promise.all([ask(), ask(), ask(), ask()]),
    (responses) =>
      responses.every(
        ({ json: { response } }) => response?.allowed && response.auditAnnotations?.reason === "CROSS_REGION",
      ),
  );
}

async function receiptOf(tenant: string, type: string, name: string) {
  const receipts = await until(
    `a receipt ${type} about ${name}`,
    () => listedReceipts(product, tenant, type),
    (listed) => listed.some(({ disclosed }) => disclosed.name === name),
  );
  return receipts.find(({ disclosed }) => disclosed.name === name);
}

describe("each mode does what it says", () => {
  const tenantOf = (mode: Mode) => `${mode.toLowerCase()}-${suffix}`;
  const inMode = async (mode: Mode) => {
    await declared(api, tenantOf(mode), mode);
    if (mode !== "Enforce") await knownToAll(tenantOf(mode));
    return tenantOf(mode);
  };

  test("Warn admits, tells the client why and under which receipt, and blocks nothing", async () => {
    const tenant = await inMode("Warn");
    const { status, warnings } = await api.request("POST", deployments(tenant), deployment("told", 0));
    expect(status).toBe(201);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/us-east-1.*eu-west-1.*CROSS_REGION/s);
    const receipt = await receiptOf(tenant, "admission.warned", "told");
    expect(receipt?.disclosed.rid).toBe(receiptIdIn(warnings[0] as string));
    expect(receipt?.claims).toMatchObject({
      decision: "warn",
      reason: "CROSS_REGION",
      requested: ["us-east-1"],
      allowed: ["eu-west-1"],
    });
    expect(await blocked(tenant)).toBe(0);
    expect((await provenEvidence(product, tenant)).blocks).toBe(0);
  });

  test("Audit admits and says nothing to the client; the receipt is there", async () => {
    const tenant = await inMode("Audit");
    expectSilent(await api.request("POST", deployments(tenant), deployment("unaware", 0)));
    const receipt = await receiptOf(tenant, "admission.audited", "unaware");
    expect(receipt?.claims).toMatchObject({
      decision: "audit",
      reason: "CROSS_REGION",
      requested: ["us-east-1"],
      allowed: ["eu-west-1"],
    });
    expect(await blocked(tenant)).toBe(0);
    expect((await provenEvidence(product, tenant)).blocks).toBe(0);
  });

  test("a dry run in Enforce is refused and leaves neither receipt nor count", async () => {
    const tenant = await inMode("Enforce");
    const path = `${deployments(tenant)}?dryRun=All`;
    const { status, body } = await api.request("POST", path, deployment("only-asking", 0));
    expect(status).toBe(403);
    expect(body.message).toMatch(/CROSS_REGION/);
    expect(receiptIdIn(body.message)).toBeUndefined();
    expect(await blocked(tenant)).toBe(0);
    // The tenant's only receipt, that of its policy, may still be on its way.
    const evidence = await until(
      "evidence",
      () => provenEvidence(product, tenant),
      () => true,
    );
    expect(evidence.blocks).toBe(0);
  });

  test("a change of mode is in force at once, and is a receipt itself", async () => {
    const tenant = tenantOf("Warn");
    await declarePolicy(api, tenant, "Enforce");
    await tenantReady(api, tenant, "Enforce");
    const refused = await api.request("POST", deployments(tenant), deployment("too-late", 0));
    expect(refused.status).toBe(403);
    await until(
      "policy.changed",
      () => listedReceipts(product, tenant, "policy.changed"),
      (receipts) => receipts.length >= 2,
    );
  });
});

describe("what was there before the policy is not held up", () => {
  const tenant = `older-${suffix}`;
  const path = `${deployments(tenant)}/older`;
  const podList = async () => (await api.request("GET", pods(tenant))).body.items;

  beforeAll(async () => {
    await declared(api, tenant, "Audit");
    await knownToAll(tenant);
    expectSilent(await api.request("POST", deployments(tenant), deployment("older", 3)));
    const lonely = { apiVersion: "v1", kind: "Pod", metadata: { name: "lonely" }, spec: abroad };
    expectSilent(await api.request("POST", pods(tenant), lonely));
    await until("four pods running abroad", podList, (items) => {
      return (
        items.filter((pod: Pod) => pod.spec.nodeName?.startsWith("us-") && pod.status.phase === "Running")
          .length === 4
      );
    });
    await declarePolicy(api, tenant, "Enforce");
    await tenantReady(api, tenant, "Enforce");
  }, 180_000);

  test("its like is refused now", async () => {
    const { status } = await api.request("POST", deployments(tenant), deployment("newer", 1));
    expect(status).toBe(403);
  });

  test("labels and annotations can be changed", async () => {
    const change = { metadata: { labels: { owner: "x" }, annotations: { note: "y" } } };
    expectSilent(await api.request("PATCH", path, change, merge));
    expectSilent(await api.request("PATCH", `${pods(tenant)}/lonely`, change, merge));
  });

  test("status can be written", async () => {
    expectSilent(await api.request("PATCH", `${path}/status`, { status: { collisionCount: 1 } }, merge));
    const condition = { status: { message: "from a kubelet" } };
    expectSilent(await api.request("PATCH", `${pods(tenant)}/lonely/status`, condition, merge));
  });

  test("it can be scaled down, by its scale and by its spec", async () => {
    expectSilent(await api.request("PATCH", `${path}/scale`, { spec: { replicas: 2 } }, merge));
    expectSilent(await api.request("PATCH", path, { spec: { replicas: 1 } }, merge));
    await until("one pod left beside the lonely one", podList, (items) => items.length === 2);
  });

  test("an image can be changed, since that moves nothing; its author is told that new pods will be refused", async () => {
    const change = [{ op: "replace", path: "/spec/template/spec/containers/0/image", value: "nginx:1.30" }];
    const { status, warnings } = await api.request("PATCH", path, change, "application/json-patch+json");
    expect([status, warnings]).toEqual([200, [expect.stringMatching(/older than the rule.*PREDATES_RULE/)]]);
    const receipt = await receiptOf(tenant, "admission.warned", "older");
    expect(receipt?.disclosed.rid).toBe(receiptIdIn(warnings[0] as string));
    expect(receipt?.claims).toMatchObject({ reason: "PREDATES_RULE", requested: ["us-east-1"] });
    expect(receipt?.disclosed).toMatchObject({ user: "admin", images: ["nginx:1.30"] });
  });

  test("what its controller is refused for that is an attempt of the tenant, and a scale is warned of after it, too", async () => {
    await until(
      "the ReplicaSet of the new image among the blocks",
      () => listedReceipts(product, tenant, "admission.blocked"),
      (receipts) =>
        receipts.some(
          ({ claims, disclosed }) => claims.kind === "ReplicaSet" && /^older-/.test(`${disclosed.name}`),
        ),
    );
    await until(
      "the Tenant's status to say that somebody asked",
      () => api.request("GET", `/apis/residency.companyos.io/v1/tenants/${tenant}`),
      ({ body }) =>
        body.status?.rollout?.waiting?.some(
          ({ name, reason, asked }: Waiting) =>
            name === "older" && reason === "AsksElsewhere" && asked === true,
        ),
    );
    const scale = await until(
      "a scale to be warned of",
      async () => {
        await api.request("PATCH", `${path}/scale`, { spec: { replicas: 1 } }, merge);
        return api.request("PATCH", `${path}/scale`, { spec: { replicas: 2 } }, merge);
      },
      ({ warnings }) => warnings.length > 0,
    );
    expect(scale.warnings).toEqual([expect.stringMatching(/Deployment .*older.*PREDATES_RULE, receipt /)]);
    const receipts = await until(
      "the scale on record",
      () => listedReceipts(product, tenant, "admission.warned"),
      (listed) => listed.some(({ claims }) => claims.requested.length === 0),
    );
    // Who asked, and no controller that does as it is told.
    expect(new Set(receipts.map(({ disclosed: { user, name } }) => `${user} ${name}`))).toEqual(
      new Set(["admin older"]),
    );
    expectSilent(await api.request("PATCH", `${path}/scale`, { spec: { replicas: 1 } }, merge));
  });

  test("its placement can be changed only for the better", async () => {
    const place = (value: string) => ({
      spec: { template: { spec: { nodeSelector: { [region]: value } } } },
    });
    const zone = {
      spec: { template: { spec: { nodeSelector: { "topology.kubernetes.io/zone": "us-east-1a" } } } },
    };
    expect((await api.request("PATCH", path, zone, merge)).status).toBe(403);
    expectSilent(await api.request("PATCH", path, place("eu-west-1"), merge));
    expect((await api.request("PATCH", path, place("us-east-1"), merge)).status).toBe(403);
  });

  test("finalizers can be set and taken away, also while it is being deleted", async () => {
    const lonely = `${pods(tenant)}/lonely`;
    const finalizers = (list: string[]) =>
      api.request("PATCH", lonely, { metadata: { finalizers: list } }, merge);
    expectSilent(await finalizers(["example.com/wait"]));
    expectSilent(await api.request("DELETE", `${lonely}?gracePeriodSeconds=0`));
    expect((await api.request("GET", lonely)).body.metadata.deletionTimestamp).toBeDefined();
    expectSilent(await finalizers([]));
    await until(
      "the lonely pod gone",
      () => api.request("GET", lonely),
      ({ status }) => status === 404,
    );
  });

  test("it can be deleted, with everything that it owns", async () => {
    expect((await api.request("DELETE", path)).status).toBe(200);
    await until("no pod left", podList, (items) => items.length === 0);
  });
});

interface Waiting {
  readonly name: string;
  readonly reason: string;
  readonly asked?: boolean;
}

interface Pod {
  readonly spec: { readonly nodeName?: string };
  readonly status: { readonly phase: string };
}
