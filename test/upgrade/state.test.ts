import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { RecordedPlacement, RecordedPlan } from "@companyos/operator/testing/parts";
import {
  openHomes,
  openNodes,
  openObjects,
  openPlacements,
  openPlans,
  openProcesses,
  openRemembered,
  testLedgers,
} from "@companyos/operator/testing/parts";
import { parseReceiptEvent, type ReceiptEvent } from "@companyos/receipts";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Written, written } from "./written.ts";

let then: Written;
beforeEach(async () => {
  then = await written();
});
afterEach(() => then.stop());

async function remembered<T>(name: string): Promise<[string, T][]> {
  const from = join(then.dir, "companyos-operator-0/journal/state", `${name}.jsonl`);
  const file = join(then.dir, `${name}.jsonl`);
  await cp(from, file);
  const map = await openRemembered<T>(file);
  await map.close();
  return [...map.entries()];
}

test("what the operator remembered of plans is read: the tenants there were, under the uids they had", async () => {
  const plans = await remembered<RecordedPlan>("plans");
  const homes = plans.map(([, { tenant, homeRegion }]) => `${tenant} ${homeRegion}`);
  expect(homes.sort()).toEqual([
    "acme eu-west-1",
    "globex us-east-1",
    "hooli us-east-1",
    "initech eu-west-1",
  ]);
});

test("what it remembered of placements and nodes is read", async () => {
  const placements = await remembered<RecordedPlacement>("placements");
  expect(placements).toHaveLength(5);
  for (const [, { state, decision }] of placements) expect([state, decision]).toEqual(["observed", "allow"]);
  const nodes = await remembered<{ region: string }>("nodes");
  expect(nodes.map(([name, { region }]) => [name, region]).sort()).toEqual([
    ["eu-west-1-0", "eu-west-1"],
    ["eu-west-1-1", "eu-west-1"],
    ["us-east-1-0", "us-east-1"],
    ["us-east-1-1", "us-east-1"],
  ]);
});

/** What the functions of commit 1c0f72f wrote while every log was away. */
const owedThen = fileURLToPath(new URL("../fixtures/1c0f72f/state", import.meta.url));
const rid = (n: number) => `01990000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;

test("what the operator of 1c0f72f owed is sent, under the ids of then, and the rest is as it was", async () => {
  const dir = join(then.dir, "owed-then");
  await cp(owedThen, dir, { recursive: true });
  const sent: ReceiptEvent[] = [];
  const journal = {
    appendOwed: async (event: ReceiptEvent) => void sent.push(parseReceiptEvent(event)),
    close: async () => {},
    crossedOff: () => {},
    owedOnly: () => {},
  };
  const now = () => Date.parse("2026-11-28T00:00:00Z");
  const logs = new Set(["eu-west-1", "us-east-1"]);
  const { ledgers } = testLedgers({ dir, journal, logs, now });
  const of = "dev";
  const plans = await openPlans(ledgers, of);
  const homes = await openHomes(ledgers, of);
  const nodes = await openNodes(ledgers, of, now);
  const processes = await openProcesses(ledgers, of);
  const objects = await openObjects(ledgers, of, now);
  const placements = await openPlacements(ledgers, of, () => undefined);
  const ledgerOf = [plans, homes, nodes, processes, objects] as const;
  for (const ledger of ledgerOf) for (const key of [...ledger.owing()]) await ledger.send(key);
  expect(sent.map(({ rid, region, reason }) => [rid, region, reason])).toEqual([
    [rid(1), "eu-west-1", "PLAN_CHANGED"],
    [rid(2), "us-east-1", "PLAN_CHANGED"],
    [rid(3), "eu-west-1", "PLAN_ENDED"],
    [rid(5), "eu-west-1", "HOME_CHANGED"],
    [rid(6), "us-east-1", "HOME_CHANGED"],
    [rid(7), "eu-west-1", "NODE_VOUCHED"],
    [rid(8), "eu-west-1", "NODE_REGION_MISMATCH"],
    [rid(9), "us-east-1", "NODE_REGION_MISMATCH"],
    [rid(10), "eu-west-1", "DENIED_IN_PROCESS"],
    [rid(11), "us-east-1", "DENIED_IN_PROCESS"],
    [rid(15), "eu-west-1", "ADMISSION_RESTORED"],
    [rid(16), "us-east-1", "ADMISSION_RESTORED"],
  ]);
  // A tenant that was gone is forgotten once its end is told; everybody else is remembered as before.
  expect([...plans.entries()].map(([, { tenant }]) => tenant)).toEqual(["acme", "initech"]);
  expect([...homes.entries()].map(([name, { region }]) => [name, region])).toEqual([
    ["acme", "us-east-1"],
    ["globex", "eu-west-1"],
  ]);
  expect([...nodes.entries()].map(([name, { says, gone }]) => [name, says, gone === undefined])).toEqual([
    ["node-new", undefined, true],
    ["node-lying", "us-east-1", true],
    ["node-gone", undefined, false],
  ]);
  const begun = objects.get("ValidatingAdmissionPolicy/companyos-actual-node")?.intended;
  expect(begun?.receipts.map(({ rid }) => rid)).toEqual([rid(17), rid(18)]);
  // Owed as soon as their pods are looked at, under these ids.
  expect([...placements.entries()].map(([, one]) => [one.state, one.rid])).toEqual([
    ["observing", rid(12)],
    ["observed", rid(13)],
    ["ending", rid(14)],
  ]);
  await ledgers.close();
});
