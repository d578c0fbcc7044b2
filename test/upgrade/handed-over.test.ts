import { silent } from "@companyos/notary/testing/rig";
import {
  openHomes,
  openRemembered,
  planChanged,
  type RecordedPlan,
  readPlan,
  recordHome,
  testLedgers,
} from "@companyos/operator/testing/parts";
import { verifyEvidence, writeEvidenceSet } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { uuidv7 } from "@companyos/service/uuidv7";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { type Region, regions, soonAfter, trustOfThen, type Written, written } from "./written.ts";

let then: Written;
let urls: Record<Region, string>;
beforeEach(async () => {
  then = await written();
  const opened = await Promise.all(regions.map((region) => then.notary(region)));
  urls = Object.fromEntries(regions.map((region, i) => [region, opened[i]])) as Record<Region, string>;
});
afterEach(() => then.stop());

/** The plan that the operator of then remembered for a tenant, and its uid. */
async function planThen(name: string): Promise<{ uid: string; plan: RecordedPlan }> {
  const plans = await openRemembered<RecordedPlan>(
    `${then.dir}/companyos-operator-0/journal/state/plans.jsonl`,
    { read: readPlan },
  );
  await plans.close();
  const [uid, plan] = [...plans.entries()].find(([, { tenant }]) => tenant === name)!;
  return { uid, plan };
}

/** What today's operator sends when a tenant of then stands for `uid` in `home` from now on. */
async function becomes(name: string, uid: string, home: Region): Promise<void> {
  const before = await planThen(name);
  const journal = await then.journal("operator-0");
  const logs = new Set(regions);
  const { ledgers } = testLedgers({ dir: then.dir, journal, logs });
  const homes = await openHomes(ledgers, "dev");
  const options = { logs, clock: { now: Date.now }, log: silent, exists: () => true };
  await recordHome(homes, name, { uid: before.uid, region: before.plan.homeRegion }, options);
  await recordHome(homes, name, { uid, region: home }, options);
  await homes.send(name);
  const at = Date.now();
  const after = { ...before.plan, homeRegion: home };
  const tenant = { name, uid };
  const [rid, policyDigest] = [uuidv7(at), null];
  await journal.append(
    planChanged({ rid, at, cluster: "dev", region: home, tenant, policyDigest, before: undefined, after }),
  );
  expect(await journal.flush(60_000)).toBe(true);
  await journal.stop();
  await ledgers.close();
}

/** Evidence of a name from both logs, as one verdict. */
async function verdictOf(tenant: string) {
  const parts = await Promise.all(
    regions.map(async (region) => {
      const response = await fetch(`${urls[region]}/v1/prove`, {
        method: "POST",
        headers: { authorization: "Bearer auditor", "content-type": "application/json" },
        body: JSON.stringify({ tenant, audience: "today", nonce: "n-3" }),
      });
      expect(response.status).toBe(200);
      return { origin: `${region}.log.companyos.io`, bytes: [new Uint8Array(await response.arrayBuffer())] };
    }),
  );
  const trust = await trustOfThen("2099-01-01T00:00:00Z");
  const now = Math.max(Date.now(), soonAfter);
  return verifyEvidence(writeEvidenceSet(parts), { trust, crypto: nodeCrypto, now, tenant });
}

test("a name of then that did not change is proved whole: its log has it, the other signs that it has not", async () => {
  expect(await verdictOf("acme")).toMatchObject({ valid: true, complete: true, lacks: [] });
});

test("a tenant of then whose home moves today is proved whole, over both logs", async () => {
  const { uid } = await planThen("acme");
  await becomes("acme", uid, "us-east-1");
  const verdict = await verdictOf("acme");
  expect(verdict).toMatchObject({ valid: true, complete: true, lacks: [], covers: { blocks: 6 } });
});

test("a tenant of then made again today is proved whole, in the same log and in another", async () => {
  await becomes("acme", "made-again", "eu-west-1");
  expect(await verdictOf("acme")).toMatchObject({ valid: true, complete: true, covers: { blocks: 6 } });
  await becomes("globex", "made-elsewhere", "eu-west-1");
  expect(await verdictOf("globex")).toMatchObject({ valid: true, complete: true, covers: { blocks: 2 } });
});

test("of a name that was made again then, both chains are shown", async () => {
  const verdict = await verdictOf("initech");
  expect(verdict).toMatchObject({ valid: true, covers: { blocks: 5 } });
});
