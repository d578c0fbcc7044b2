import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { region, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants, regions } = untyped(residencyResources);
const [eu, us] = ["eu-west-1", "us-east-1"] as const;
let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct();
  for (const name of [eu, us]) await product.kube.create(regions!, region(name));
}, 180_000);
afterAll(() => product?.stop(), 180_000);

/** A tenant whose log knows it; resolves to its uid. */
async function tenantAt(name: string, homeRegion: string): Promise<string> {
  const made = await product.kube.create(tenants!, tenant(name, { homeRegion, regions: [eu, us] }));
  const { uid } = (made as { metadata: { uid: string } }).metadata;
  await until(`${name} in the log of ${homeRegion}`, async () => {
    const changes = await product.receiptsOfTenant(homeRegion, name, "policy.changed");
    return changes.some(({ disclosed }) => disclosed.uid === uid);
  });
  await until(
    `the home of ${name} to be remembered`,
    () => product.remembered("homes"),
    (seen) => seen.includes(uid),
  );
  return uid;
}

const moves = (name: string, homeRegion: string) =>
  product.kube.patch(tenants!, name, "merge", {
    spec: { homeRegion, regions: [...new Set([eu, us, homeRegion])] },
  });

/** The handovers of a tenant in both logs, once there are so many in each. */
async function handovers(name: string, each: number) {
  const of = (log: string) => product.receiptsOfTenant(log, name, "tenant.handover");
  await until(`${each} handovers of ${name} in each log`, async () => {
    const counts = await Promise.all([eu, us].map(async (log) => (await of(log)).length));
    return counts.every((count) => count >= each);
  });
  const [inEu, inUs] = [await of(eu), await of(us)];
  expect([inEu.length, inUs.length]).toEqual([each, each]);
  return { inEu, inUs };
}

test("a home that moves leaves one half in each log, linked, and moving back another pair", async () => {
  const uid = await tenantAt("mover", eu);
  await moves("mover", us);
  const { inEu, inUs } = await handovers("mover", 1);
  const details = { from: { region: eu, uid }, to: { region: us, uid } };
  for (const { claims, disclosed } of [...inEu, ...inUs]) {
    expect(claims).toMatchObject({ decision: "none", reason: "HOME_CHANGED" });
    expect(disclosed).toMatchObject({ tenant: "mover", uid, details });
  }
  expect(inEu[0]!.disclosed.details.link).toBe(inUs[0]!.disclosed.details.link);
  expect(inEu[0]!.claims.at).toBe(inUs[0]!.claims.at);
  expect(inEu[0]!.disclosed.rid).not.toBe(inUs[0]!.disclosed.rid);

  await moves("mover", eu);
  const back = await handovers("mover", 2);
  const links = [...back.inEu, ...back.inUs].map(({ disclosed }) => disclosed.details.link);
  expect(new Set(links).size).toBe(2);
});

test("a home that names no Region never takes effect: nothing is handed over to it, nor from it", async () => {
  const uid = await tenantAt("typist", eu);
  await moves("typist", "eu-wset-1");
  await until("the Tenant to say so", async () => {
    const found = await product.kube.get(tenants!, "typist");
    const { conditions = [] } = found.status ?? {};
    return conditions.some(({ reason }: { reason: string }) => reason === "HomeRegionUnknown");
  });
  await until(
    "the change in the log of the home before",
    () => product.receiptsOfTenant(eu, "typist", "policy.changed"),
    (seen) => seen.some(({ disclosed }) => JSON.stringify(disclosed.details).includes("eu-wset-1")),
  );
  expect(await product.remembered("homes")).not.toContain("eu-wset-1");
  await moves("typist", us);
  const { inEu, inUs } = await handovers("typist", 1);
  const details = { from: { region: eu, uid }, to: { region: us, uid } };
  for (const { disclosed } of [...inEu, ...inUs]) expect(disclosed).toMatchObject({ details });
});

test("a name made again with another home is handed over from the old uid to the new", async () => {
  const before = await tenantAt("again", eu);
  await product.kube.delete(tenants!, "again");
  await until(
    "it to be gone",
    () => product.kube.find(tenants!, "again"),
    (seen) => !seen,
  );
  const after = await tenantAt("again", us);
  const { inEu, inUs } = await handovers("again", 1);
  const details = { from: { region: eu, uid: before }, to: { region: us, uid: after } };
  expect(inEu[0]!.disclosed).toMatchObject({ uid: before, details });
  expect(inUs[0]!.disclosed).toMatchObject({ uid: after, details });
});

test("a move while no operator ran is found at its next start, and told once over further starts", async () => {
  await tenantAt("unwatched", eu);
  await product.stopOperator();
  await moves("unwatched", us);
  await product.startOperator();
  await handovers("unwatched", 1);
  await product.stopOperator();
  await product.startOperator();
  await moves("unwatched", eu);
  await handovers("unwatched", 2);
});

const pods = resources.pods as Resource;

async function runs(name: string, namespace: string): Promise<string> {
  const spec = { containers: [{ name: "app", image: "app:1" }] };
  // Its service account is there a moment after its namespace.
  const made = await until(
    `pod ${namespace}/${name}`,
    () => product.kube.create(pods, { metadata: { name, namespace }, spec } as KubeObject),
    Boolean,
  );
  return made.metadata.uid!;
}

async function recorded(log: string, name: string, type: string, uid: string): Promise<void> {
  await until(
    `${type} of ${name} in the log of ${log}`,
    () => product.receiptsOfTenant(log, name, type),
    (seen) => seen.some(({ disclosed }) => disclosed.uid === uid),
  );
}

test("a pod that runs on while its tenant's home moves is observed in the new log, and its end is there", async () => {
  await tenantAt("moving", eu);
  const uid = await runs("steady", "moving");
  await recorded(eu, "moving", "placement.observed", uid);
  await moves("moving", us);
  await recorded(us, "moving", "placement.observed", uid);
  await product.kube.delete(pods, "steady", { namespace: "moving" });
  await recorded(us, "moving", "placement.ended", uid);
  expect(await product.receiptsOfTenant(eu, "moving", "placement.ended")).toEqual([]);
});

test("the end of a pod that outlives its Tenant is in that Tenant's chain", async () => {
  await tenantAt("outlived", eu);
  const uid = await runs("steady", "outlived");
  await recorded(eu, "outlived", "placement.observed", uid);
  await product.kube.delete(tenants!, "outlived");
  await until(
    "it to be gone",
    () => product.kube.find(tenants!, "outlived"),
    (seen) => !seen,
  );
  await product.kube.delete(pods, "steady", { namespace: "outlived" });
  await recorded(eu, "outlived", "placement.ended", uid);
});

test("a move to a region without a notary is in the old log, and in the new one once it has a notary", async () => {
  await tenantAt("early", eu);
  const { notaries } = product.operatorProcess;
  await product.stopOperator();
  await product.startOperator(() => ({ notaries: { [eu]: notaries[eu]! } }));
  await moves("early", us);
  const told = (log: string) => product.receiptsOfTenant(log, "early", "tenant.handover");
  await until(
    "the old log to know",
    () => told(eu),
    (seen) => seen.length === 1,
  );
  await until(
    "the operator to say that the other half waits",
    () => product.logs.join("\n"),
    (lines) => lines.includes("a handover waits: its region has no notary"),
  );
  await product.stopOperator();
  await product.startOperator();
  const { inEu, inUs } = await handovers("early", 1);
  expect(inUs[0]!.disclosed.details).toEqual(inEu[0]!.disclosed.details);
});

test("the plan that such a move changes is in both logs as well, under an id of each", async () => {
  await tenantAt("changed-early", eu);
  const { notaries } = product.operatorProcess;
  await product.stopOperator();
  await product.startOperator(() => ({ notaries: { [eu]: notaries[eu]! } }));
  await moves("changed-early", us);
  const changes = async (log: string) =>
    (await product.receiptsOfTenant(log, "changed-early", "policy.changed"))
      .map(({ disclosed }) => disclosed)
      .filter(({ details }) => details.before?.homeRegion === eu && details.after?.homeRegion === us);
  await until(
    "the old log to know",
    () => changes(eu),
    (seen) => seen.length === 1,
  );
  await product.stopOperator();
  await product.startOperator();
  await until(
    "the new log to know",
    () => changes(us),
    (seen) => seen.length === 1,
  );
  const [[left], [come]] = [await changes(eu), await changes(us)];
  expect(come!.details).toEqual(left!.details);
  expect(come!.rid).not.toBe(left!.rid);
});
