/** An operator that is killed while it puts an admission object back: one receipt in every log, no more and no less. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { startTestProduct, type TestProduct } from "./product.ts";

const logs = ["eu-west-1", "us-east-1"];
const policies = resources.validatingAdmissionPolicies as Resource;
const mark = "residency.companyos.io/restored-under";
let product: TestProduct;

beforeAll(async () => {
  // No restoration is a repeat of the one before: each has its own receipt.
  product = await startTestProduct({ operator: { contests: { pauseMs: 0, calmMs: 0 } } });
}, 180_000);
afterAll(() => product?.stop(), 180_000);

/** Runs an operator until it is killed at the write of one object. */
async function killedAt(name: string, moment: "before" | "after"): Promise<void> {
  const script = join(import.meta.dirname, "operator-child.ts");
  const args = [script, JSON.stringify(product.operatorProcess), name, moment];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [, signal] = await once(child, "exit");
  expect(signal).toBe("SIGKILL");
}

const deleted = async (name: string) => {
  await product.kube.delete(policies, name);
};
const changed = async (name: string) => {
  await product.kube.patch(policies, name, "merge", { spec: { failurePolicy: "Ignore" } });
};

/** Ids of the receipts about an object, in one log. */
async function receiptsAbout(name: string, log: string): Promise<string[]> {
  const all = await product.receiptsOfLog(log, "policy.changed");
  return all
    .filter(({ claims, disclosed }) => claims.reason === "ADMISSION_RESTORED" && disclosed.name === name)
    .map(({ disclosed }) => disclosed.rid as string);
}

/** What is restored now is told in every log; so is what was owed before it, then. */
async function everythingTold(): Promise<void> {
  const name = "companyos-object-guard";
  const before = await Promise.all(logs.map((log) => receiptsAbout(name, log)));
  await product.kube.delete(policies, name);
  for (const [i, log] of logs.entries())
    await until(
      `a receipt in the log of ${log}`,
      () => receiptsAbout(name, log),
      (seen) => seen.length === before[i]!.length + 1,
    );
}

const ways: [string, string, typeof deleted, "before" | "after"][] = [
  ["deleted, and killed after it was put back", "companyos-pinned", deleted, "after"],
  ["deleted, and killed before it was put back", "companyos-actual-node", deleted, "before"],
  ["changed, and killed after it was restored", "companyos-namespace-guard", changed, "after"],
];

test.each(ways)(
  "%s",
  async (_, name, tamper, moment) => {
    const before = await product.kube.get(policies, name);
    await product.stopOperator();
    await tamper(name);
    await killedAt(name, moment);
    const found = await product.kube.find(policies, name);
    if (moment === "after") expect(found!.spec).toEqual(before.spec);
    else expect(found).toBeUndefined();
    await product.startOperator();
    for (const log of logs)
      await until(
        `its receipt in the log of ${log}`,
        () => receiptsAbout(name, log),
        (seen) => seen.length > 0,
      );
    await everythingTold();
    const ids = await Promise.all(logs.map((log) => receiptsAbout(name, log)));
    const { metadata, spec } = await product.kube.get(policies, name);
    expect(spec).toEqual(before.spec);
    expect(ids.map((all) => all.length)).toEqual([1, 1]);
    expect(metadata.annotations?.[mark]).toBe(ids.flat().join());
  },
  180_000,
);

test("changed, killed before it was restored, and restored by somebody else: no receipt", async () => {
  const name = "companyos-pinned";
  const before = await Promise.all(logs.map((log) => receiptsAbout(name, log)));
  const { spec } = (await product.kube.get(policies, name)) as KubeObject;
  await product.stopOperator();
  await changed(name);
  await killedAt(name, "before");
  expect(await product.remembered("admission")).toContain("intended");
  await product.kube.patch(policies, name, "merge", { spec: { failurePolicy: spec.failurePolicy } });
  await product.startOperator();
  await everythingTold();
  expect(await Promise.all(logs.map((log) => receiptsAbout(name, log)))).toEqual(before);
}, 180_000);
