import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { RecordedPlacement, RecordedPlan } from "@companyos/operator/testing/parts";
import { openRemembered } from "@companyos/operator/testing/parts";
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
