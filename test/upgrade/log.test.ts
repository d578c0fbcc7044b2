import { verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { until } from "../src/until.ts";
import { type Region, regions, soonAfter, trustOfThen, type Written, written } from "./written.ts";

let then: Written;
beforeEach(async () => {
  then = await written();
});
afterEach(() => then.stop());

interface Listed {
  readonly claims: { readonly type: string; readonly reason: string; readonly count: number };
  // biome-ignore lint/suspicious/noExplicitAny: each type discloses something else
  readonly disclosed: any;
}

async function listed(url: string, query: string): Promise<Listed[]> {
  const response = await fetch(`${url}/v1/receipts?${query}&limit=1000`, {
    headers: { authorization: "Bearer auditor" },
  });
  return ((await response.json()) as { receipts: Listed[] }).receipts;
}

async function prove(url: string, tenant: string): Promise<Uint8Array> {
  const response = await fetch(`${url}/v1/prove`, {
    method: "POST",
    headers: { authorization: "Bearer auditor", "content-type": "application/json" },
    body: JSON.stringify({ tenant, audience: "today", nonce: "n-2" }),
  });
  expect(response.status).toBe(200);
  return new Uint8Array(await response.arrayBuffer());
}

async function notaries(): Promise<Record<Region, string>> {
  const urls = await Promise.all(regions.map((region) => then.notary(region)));
  return Object.fromEntries(regions.map((region, i) => [region, urls[i]])) as Record<Region, string>;
}

/** Opens what was left, waits until it is shipped, closes it: as a sender that starts and stops. */
async function shipped(sender: "webhook-0" | "operator-0"): Promise<void> {
  const journal = await then.journal(sender);
  expect(await journal.flush(60_000)).toBe(true);
  await journal.stop();
}

const undelivered = (receipts: readonly Listed[]) =>
  receipts
    .filter(({ disclosed }) => disclosed.name === "undelivered")
    .map(({ claims: { type, count } }) => `${type} ${count}`);

test("today's notary opens the log and goes on in it: what was signed then is its beginning", async () => {
  const before = Object.fromEntries(
    await Promise.all(regions.map(async (region) => [region, (await then.log(region)).checkpoint] as const)),
  );
  await notaries();
  await shipped("webhook-0");
  await shipped("operator-0");
  for (const region of regions) {
    const old = before[region]!;
    await until(
      `the log of ${region} grown`,
      () => then.log(region, old),
      ({ checkpoint }) => checkpoint.size > old.size,
    );
  }
});

test("what the journals had left is in the log once, windows that were open closed with their exact count", async () => {
  const urls = await notaries();
  for (const sender of ["webhook-0", "operator-0", "webhook-0", "operator-0"] as const) await shipped(sender);
  for (const [tenant, region] of [
    ["acme", "eu-west-1"],
    ["globex", "us-east-1"],
  ] as const) {
    const receipts = await listed(urls[region], `tenant=${tenant}`);
    expect(undelivered(receipts)).toEqual(
      expect.arrayContaining(["placement.observed 1", "admission.blocked 1", "admission.repeated 2"]),
    );
    expect(undelivered(receipts)).toHaveLength(3);
    // A count of repeats bears the id of the refusal it counts.
    const ids = receipts.map(({ claims, disclosed }) => `${claims.type} ${disclosed.rid}`);
    expect(new Set(ids).size).toBe(ids.length);
  }
  const changes = await listed(urls["us-east-1"], "tenant=globex&type=policy.changed");
  expect(changes.map(({ disclosed }) => disclosed.details.after.regions)).toEqual([
    ["us-east-1"],
    ["eu-west-1", "us-east-1"],
  ]);
  for (const region of regions) expect(await listed(urls[region], "chain=_log&type=journal.gap")).toEqual([]);
});

test.each([
  ["acme", "eu-west-1", 9],
  ["globex", "us-east-1", 7],
] as const)(
  "evidence of %s made today covers what was written then and now",
  async (tenant, region, blocks) => {
    const urls = await notaries();
    await shipped("webhook-0");
    await shipped("operator-0");
    const trust = await trustOfThen("2099-01-01T00:00:00Z");
    const bundle = await prove(urls[region], tenant);
    const now = Math.max(Date.now(), soonAfter);
    const verdict = await verifyEvidence(bundle, { trust, crypto: nodeCrypto, now, tenant, nonce: "n-2" });
    expect(verdict).toMatchObject({ valid: true, covers: { tenant, blocks, outside: 0 } });
  },
);
