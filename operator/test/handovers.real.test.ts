import { residencyResources } from "@companyos/inventory";
import type { Resource } from "@companyos/kube";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { region, startTestProduct, type TestProduct, tenant, until } from "./product.ts";

const { tenants, regions } = residencyResources as unknown as Record<string, Resource>;
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
  await until(`the home of ${name} to be remembered`, async () =>
    (await product.remembered("homes")).includes(uid),
  );
  return uid;
}

const moves = (name: string, homeRegion: string) =>
  product.kube.patch(tenants!, name, "merge", { spec: { homeRegion } });

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

test("a name made again with another home is handed over from the old uid to the new", async () => {
  const before = await tenantAt("again", eu);
  await product.kube.delete(tenants!, "again");
  await until("it to be gone", async () => !(await product.kube.find(tenants!, "again")));
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

test("a move to a region without a notary is in the old log, and in the new one once it has a notary", async () => {
  await tenantAt("early", eu);
  const { notaries } = product.operatorProcess;
  await product.stopOperator();
  await product.startOperator(() => ({ notaries: { [eu]: notaries[eu]! } }));
  await moves("early", us);
  const told = (log: string) => product.receiptsOfTenant(log, "early", "tenant.handover");
  await until("the old log to know", async () => (await told(eu)).length === 1);
  expect(product.logs.join("\n")).toContain("a handover waits: its region has no notary");
  await product.stopOperator();
  await product.startOperator();
  const { inEu, inUs } = await handovers("early", 1);
  expect(inUs[0]!.disclosed.details).toEqual(inEu[0]!.disclosed.details);
});
