/** A home that names no Region is a mistake, and no way out of the log: the home before goes on having the receipts. */
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { policy, readyCondition, region, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants, regions, policies } = untyped(residencyResources);
const deployments = {
  group: "apps",
  version: "v1",
  plural: "deployments",
  kind: "Deployment",
  namespaced: true,
} as Resource;
const [eu, us, typo] = ["eu-west-1", "us-east-1", "us-esat-1"] as const;
let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct();
  for (const name of [eu, us]) await product.kube.create(regions!, region(name));
  const selecting = { tenantSelector: { matchLabels: { team: "audited" } } };
  const anywhere = { jurisdictions: ["EU", "US"] };
  await product.kube.create(policies!, policy("audited", { ...selecting, allowed: anywhere, mode: "Audit" }));
}, 180_000);
afterAll(() => product?.stop(), 180_000);

/** A Tenant at home in the US alone, Ready. */
async function atHome(name: string, team = "us"): Promise<string> {
  const made = await product.kube.create(tenants!, tenant(name, { homeRegion: us }, { team }));
  await until(
    `tenant ${name} to be Ready`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.status === "True",
  );
  return made.metadata.uid!;
}

/** Its editor mistypes the home, and the operator has said so. */
async function mistypes(name: string): Promise<void> {
  await product.kube.patch(tenants!, name, "merge", { spec: { homeRegion: typo, regions: [us, typo] } });
  await until(
    `tenant ${name} to be told`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.reason === "HomeRegionUnknown",
  );
}

async function deleted(name: string): Promise<void> {
  await product.kube.delete(tenants!, name);
  await until(
    `tenant ${name} to be gone`,
    () => product.kube.find(tenants!, name),
    (seen) => !seen,
  );
}

const statusOf = async (name: string) => (await product.kube.get(tenants!, name)).status;

/** Tries to run where the tenant may not; resolves to what the refusal says. */
async function refused(namespace: string, name: string): Promise<string> {
  const template = {
    metadata: { labels: { app: name } },
    spec: {
      nodeSelector: { "topology.kubernetes.io/region": eu },
      containers: [{ name: "a", image: "a:1" }],
    },
  };
  const spec = { selector: { matchLabels: { app: name } }, template };
  const attempt = product.kube.create(deployments, { metadata: { name, namespace }, spec } as KubeObject);
  const error = await attempt.then(
    () => undefined,
    (error: Error) => error,
  );
  return error?.message ?? "admitted";
}

const inLog = (name: string, type: string, count: number) =>
  until(
    `${count} ${type} of ${name}`,
    () => product.receiptsOfTenant(us, name, type),
    (seen) => seen.length >= count,
  );

test("a mistyped home, then the Tenant's deletion, leave every refusal, the plan's end and the release in the log of the home before", async () => {
  const { kube } = product;
  const uid = await atHome("initech");
  await mistypes("initech");
  const { message } = (await readyCondition(kube, "initech"))!;
  expect(message).toContain(`there is no Region ${typo}`);
  expect(message).toContain(`receipts go on to ${us}`);
  for (let i = 0; i < 5; i++) {
    const response = await refused("initech", `d${i}`);
    expect(response).toContain("CROSS_REGION");
    expect(response).not.toContain("JOURNAL_UNAVAILABLE");
  }
  await deleted("initech");
  const blocks = await inLog("initech", "admission.blocked", 5);
  expect(new Set(blocks.map(({ disclosed }) => disclosed.name))).toEqual(
    new Set(["d0", "d1", "d2", "d3", "d4"]),
  );
  await until(
    "the end of the plan",
    () => product.receiptsOfTenant(us, "initech", "policy.changed"),
    (seen) => seen.some(({ claims, disclosed }) => claims.reason === "PLAN_ENDED" && disclosed.uid === uid),
  );
  // Nothing went anywhere else, and nothing waits.
  for (const log of [eu, us]) expect(await product.receiptsOfLog(log, "journal.gap")).toEqual([]);
  expect(await product.receiptsOfTenant(eu, "initech", "admission.blocked")).toEqual([]);

  const heir = await kube.create(
    tenants!,
    tenant("heir", { homeRegion: eu, namespaces: ["initech"], adopt: ["initech"] }),
  );
  await kube.patch(resources.namespaces as Resource, "initech", "merge", {
    metadata: { annotations: { "residency.companyos.io/adopt-by": `heir/${heir.metadata.uid}` } },
  });
  const [released] = await inLog("initech", "namespace.released", 1);
  expect(released!.disclosed).toMatchObject({
    name: "initech",
    details: { nextTenantUid: heir.metadata.uid },
  });
});

test("a move to a home that is mistyped is told in the log of the home before, and corrected it hands over nothing", async () => {
  await atHome("typist");
  await mistypes("typist");
  const told = await until(
    "the change of plan",
    () => product.receiptsOfTenant(us, "typist", "policy.changed"),
    (seen) => seen.some(({ disclosed }) => disclosed.details.after?.requestedHome === typo),
  );
  const { after } = told.at(-1)!.disclosed.details;
  expect(after).toMatchObject({ homeRegion: us, requestedHome: typo, regions: [us] });
  await product.kube.patch(tenants!, "typist", "merge", { spec: { homeRegion: us, regions: [us] } });
  await until(
    "tenant typist to be Ready again",
    () => readyCondition(product.kube, "typist"),
    (seen) => seen?.status === "True",
  );
  expect(await product.receiptsOfTenant(us, "typist", "tenant.handover")).toEqual([]);
});

const pods = resources.pods as Resource;

test("what runs abroad while the home is mistyped is observed and counted, also when it is gone before that is corrected", async () => {
  const { kube } = product;
  await atHome("drifter", "audited");
  await until(
    "its namespace to be audited",
    () => kube.get(resources.namespaces, "drifter"),
    ({ metadata }) => metadata.labels?.["residency.companyos.io/mode"] === "Audit",
  );
  await mistypes("drifter");
  for (const name of ["p0", "p1"]) {
    const spec = { nodeName: `${eu}-0`, containers: [{ name: "a", image: "a:1" }] };
    await until(
      `pod ${name}`,
      () => kube.create(pods, { metadata: { name, namespace: "drifter" }, spec } as KubeObject),
      Boolean,
    );
  }
  await until(
    "both to be counted as outside",
    async () => (await fetch(product.metrics.operator)).text(),
    (text) => text.includes('residency_placements_outside{tenant="drifter"} 2'),
  );
  for (const name of ["p0", "p1"]) await kube.delete(pods, name, { namespace: "drifter" });
  const observed = await inLog("drifter", "placement.observed", 2);
  expect(observed.map(({ claims }) => [claims.decision, claims.requested])).toEqual([
    ["audit", [eu]],
    ["audit", [eu]],
  ]);
  await inLog("drifter", "placement.ended", 2);
});

test("a tenant that never had a home is owed what ran abroad meanwhile, and counted what was tried: its first home has it all", async () => {
  const { kube } = product;
  await kube.create(
    tenants!,
    tenant("novice", { homeRegion: "us-eats-1", regions: [us, "us-eats-1"] }, { team: "audited" }),
  );
  await until(
    "tenant novice to be told",
    () => readyCondition(kube, "novice"),
    (seen) => seen?.reason === "HomeRegionUnknown",
  );
  expect((await statusOf("novice"))!.homeRegion).toBeUndefined();
  const spec = { nodeName: `${eu}-0`, containers: [{ name: "a", image: "a:1" }] };
  for (const name of ["stays", "goes"])
    await until(
      `pod ${name}`,
      () => kube.create(pods, { metadata: { name, namespace: "novice" }, spec } as KubeObject),
      Boolean,
    );
  await until(
    "both to be counted as outside",
    async () => (await fetch(product.metrics.operator)).text(),
    (text) => text.includes('residency_placements_outside{tenant="novice"} 2'),
  );
  const { uid } = (await kube.get(pods, "goes", { namespace: "novice" })).metadata;
  await kube.delete(pods, "goes", { namespace: "novice" });
  await until(
    "its end to be owed",
    () => product.remembered("placements"),
    (lines) => lines.split("\n").some((line) => line.includes(uid!) && line.includes('"ending"')),
  );
  await kube.patch(tenants!, "novice", "merge", { spec: { homeRegion: us, regions: [us] } });
  const observed = await inLog("novice", "placement.observed", 2);
  expect(observed.map(({ claims }) => claims.decision)).toEqual(["audit", "audit"]);
  const [end] = await inLog("novice", "placement.ended", 1);
  expect(end!.disclosed.uid).toBe(uid);
  const [gap] = await inLog("novice", "journal.gap", 1);
  expect(gap!.claims.reason).toBe("JOURNAL_UNRECORDED");
  expect(gap!.claims.count).toBeGreaterThanOrEqual(2);
  expect((await product.receiptsOfTenant(us, "novice", "placement.observed")).length).toBe(2);
});

test("the home in effect is written down for good: over a restart of the operator, and where somebody took it away", async () => {
  await atHome("keeper");
  expect(await statusOf("keeper")).toMatchObject({ homeRegion: us });
  await mistypes("keeper");
  expect(await statusOf("keeper")).toMatchObject({ homeRegion: us });
  await product.stopOperator();
  // As a restored backup, or a cluster that an earlier release looked after.
  await product.kube.patch(
    tenants!,
    "keeper",
    "merge",
    { status: { homeRegion: null } },
    { subresource: "status" },
  );
  expect((await statusOf("keeper"))!.homeRegion).toBeUndefined();
  await product.startOperator();
  await until(
    "the home to be written down again",
    () => statusOf("keeper"),
    (status) => status?.homeRegion === us,
  );
  await until(
    "the webhook to know",
    async () => refused("keeper", "d"),
    (response) => response.includes("CROSS_REGION") && !response.includes("JOURNAL_UNAVAILABLE"),
  );
});
