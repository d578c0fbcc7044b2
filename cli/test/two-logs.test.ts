import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunningNotary } from "@companyos/notary";
import { blocked, type Rig, rig, trustOf } from "@companyos/notary/testing/rig";
import { type ReceiptEvent, type Verdict, verifyEvidence } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { request } from "undici";
import { type GatherOptions, gather } from "../src/evidence/gather.ts";
import { writeEvidence } from "../src/evidence/write.ts";
import { identitiesOf, type NotaryAddress, named } from "../src/notaries.ts";
import { served } from "./served.ts";

/** acme lived in the older log of eu, then in the newer one; us knows nothing of it. */
const [eu, us] = ["eu-west-1", "us-east-1"];

let dir: string;
let rigs: Rig[];
let notaries: RunningNotary[];
let [older, newer, other]: NotaryAddress[] = [];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "two-logs-"));
  rigs = [await rig(eu), await rig(eu, "eu-west-1.log.companyos.io/2"), await rig(us)];
  const life = (uid: string): ReceiptEvent => blocked("acme", Date.now(), { tenant: { name: "acme", uid } });
  notaries = [
    await served(rigs[0]!, eu!, [life("1"), life("1")]),
    await served(rigs[1]!, eu!, [life("2")]),
    await served(rigs[2]!, us!, [blocked("globex")]),
  ];
  [older, newer, other] = notaries.map(({ url }, i) => ({ region: i < 2 ? eu! : us!, url }));
});
afterAll(async () => {
  for (const notary of notaries) await notary.stop();
  for (const each of rigs) await each.remove();
  await rm(dir, { recursive: true, force: true });
});

const ask: GatherOptions["session"]["ask"] = (url, { method = "GET", body } = {}) =>
  request(url, {
    method,
    headers: { authorization: "Bearer auditor", "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** What is proved by these notaries, verified by one who trusts these logs. */
async function verdictOf(
  addresses: readonly (NotaryAddress | undefined)[],
  trusted: readonly number[],
  lost: readonly string[] = [],
): Promise<Verdict> {
  const known = named(addresses.map((address) => address!));
  const notariesOf = (region: string) => known.filter((notary) => notary.region === region);
  const spool = await mkdtemp(join(dir, "spool-"));
  const out = join(spool, "acme.evidence");
  const gathered = await gather({
    session: { notaries: known, notariesOf, ask },
    tenant: "acme",
    home: eu,
    log: [],
    lost,
    since: [],
    timeoutMs: 30_000,
    dir: spool,
    body: () => ({ tenant: "acme" }),
  });
  await writeEvidence(out, gathered);
  const logs = trusted.flatMap((i) => trustOf(rigs[i]!).logs);
  const trust = { ...trustOf(rigs[0]!), logs };
  return verifyEvidence(await readFile(out), { trust, crypto: nodeCrypto, now: Date.now() });
}

test("evidence of two logs of one region is complete, and counts what both hold", async () => {
  expect(await verdictOf([older, newer, other], [0, 1, 2])).toMatchObject({
    complete: true,
    covers: { blocks: 3, parts: [{ log: { region: eu } }, { log: { region: eu } }] },
  });
});

test("a trusted log of a region whose other log alone was named is missed, and can be named too", async () => {
  expect(await verdictOf([newer, other], [0, 1, 2])).toMatchObject({
    valid: true,
    lacks: [{ code: "LOG_UNANSWERED", origin: rigs[0]!.opened.identity.origin }],
    covers: { blocks: 1 },
  });
});

test("one that is lost is said to be: incomplete, for who trusts it and for who has forgotten it", async () => {
  const { origin } = rigs[0]!.opened.identity;
  expect(await verdictOf([newer, other], [0, 1, 2], [eu!])).toMatchObject({
    valid: true,
    complete: false,
    lacks: [{ code: "LOG_LACKING", region: eu, reason: "lost", origin }],
  });
  expect(await verdictOf([newer, other], [1, 2], [eu!])).toMatchObject({
    valid: true,
    complete: false,
    lacks: [{ code: "LOG_LACKING", region: eu, reason: "lost" }],
  });
});

test("each is told from the other by its host, and a notary under another region's name is refused", async () => {
  const known = named([older!, newer!, other!]);
  const hosts = notaries.map(({ url }) => new URL(url).host);
  expect(known.map(({ name }) => name)).toEqual([`${eu}@${hosts[0]}`, `${eu}@${hosts[1]}`, us]);
  expect(await identitiesOf({ ask }, known)).toEqual(
    rigs.map(({ opened: { identity } }) => ({ region: identity.region, origin: identity.origin })),
  );
  const swapped = named([{ ...older!, region: us! }]);
  await expect(identitiesOf({ ask }, swapped)).rejects.toThrow(
    `--notaries says ${us}=${older!.url}, but the log there is ${rigs[0]!.opened.identity.origin} of ${eu}`,
  );
});
