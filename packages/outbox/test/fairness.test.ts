/** One tenant's flood, with the notary away: what it takes, and what it must not take. */

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@companyos/test/until";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import type { Outbox, OutboxLimits } from "../src/index.ts";
import { event, openSender, Peer, timeoutMs } from "./peer.ts";

const region = "eu-west-1";
let root: string;
let dir: string;
let folders = 0;
let peer: Peer;
let outbox: Outbox;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-fairness-"));
});
beforeEach(async () => {
  dir = join(root, String(folders++));
  peer = await Peer.open(region, join(root, String(folders++)));
});
afterEach(async () => {
  await outbox.stop();
  await peer.stop();
});
afterAll(() => rm(root, { recursive: true, force: true }));

const tenant = (name: string) => ({ name, uid: `uid of ${name}` });
const by = (name: string, what: string) => event(region, what, { tenant: tenant(name) });
const ofNobody = (what: string) => {
  const { tenant: _, ...own } = event(region, what, { type: "policy.changed", disclosable: { name: what } });
  return own;
};
const stats = () => outbox.stats().regions[region]!;

/** Opens the journal, has it learn its key, and takes its notary away. */
async function open(limits: Partial<OutboxLimits>): Promise<void> {
  outbox = await openSender({
    dir,
    regions: { [region]: { url: peer.url } },
    limits: { backoffMs: 50, ...limits },
  });
}
async function alone(limits: Partial<OutboxLimits>): Promise<void> {
  await open(limits);
  await outbox.append(ofNobody("first"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await peer.stop();
}

/** Appends until refused; gives the names of what was taken. */
async function flood(name: string, code = "tenant_full"): Promise<string[]> {
  const taken: string[] = [];
  for (;;) {
    const what = `${name} ${taken.length}`;
    try {
      await outbox.append(by(name, what));
      taken.push(what);
    } catch (error) {
      expect(error).toMatchObject({ code });
      return taken;
    }
  }
}

const arrived = () => peer.events(outbox.journalId).map(({ disclosable }) => disclosable.name);

test("a tenant that floods is refused at its share; every refusal of others is recorded, over a restart too", async () => {
  const limits = { records: 400 };
  await alone(limits);
  const flooded = await flood("mallory");
  // Half of what is for tenants: an eighth is the system's.
  expect(flooded).toHaveLength(175);
  const others: string[] = [];
  const othersToo = async (round: string) => {
    for (const name of ["acme", "globex"]) {
      for (let i = 0; i < 15; i++) {
        others.push(`${name} ${round} ${i}`);
        await outbox.append(by(name, others.at(-1)!));
      }
      await expect(outbox.append(by("mallory", "more"))).rejects.toMatchObject({ code: "tenant_full" });
    }
  };
  await othersToo("before");
  expect(stats()).toMatchObject({ tenants: 3, largestTenant: 175 });
  await outbox.stop();
  await open(limits);
  // Whose records wait is known again: no second share for the flood.
  await expect(outbox.append(by("mallory", "more"))).rejects.toMatchObject({ code: "tenant_full" });
  expect(stats()).toMatchObject({ tenants: 3, largestTenant: 175 });
  await othersToo("after");
  await peer.start();
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(arrived()).toEqual(expect.arrayContaining(["first", ...flooded, ...others]));
  expect(arrived().filter((name) => !/repeated/.test(String(name)))).toHaveLength(1 + 175 + 60);
  expect(stats()).toMatchObject({ tenants: 0, largestTenant: 0 });
  await outbox.append(by("mallory", "more"));
});

test("it is the same by bytes, for few and large events", async () => {
  const limits = { bytes: 4 << 20, segmentBytes: 64 << 10 };
  await alone(limits);
  const large = (name: string, what: string) => ({
    ...by(name, what),
    disclosable: { name: what, message: "x".repeat(15_000) },
  });
  const half = (3.5 / 2) * (1 << 20);
  let taken = 0;
  for (let refused = false; !refused; ) {
    await outbox.append(large("mallory", `m${taken}`)).then(
      () => taken++,
      (error) => {
        expect(error).toMatchObject({ code: "tenant_full" });
        refused = true;
      },
    );
  }
  expect(taken * 15_000).toBeGreaterThan(0.8 * half);
  expect(taken * 15_000).toBeLessThan(half);
  await outbox.stop();
  await open(limits);
  await expect(outbox.append(large("mallory", "more"))).rejects.toMatchObject({ code: "tenant_full" });
  for (let i = 0; i < 30; i++) await outbox.append(large("acme", `a${i}`));
  await peer.start();
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(arrived()).toHaveLength(1 + taken + 30);
});

test("many tenants that flood one after the other leave room for the next, and the system's events find theirs", async () => {
  await alone({ records: 400 });
  for (let i = 0; i < 12; i++) expect((await flood(`mallory-${i}`)).length).toBeGreaterThanOrEqual(1);
  await outbox.append(by("acme", "a refusal"));
  for (let i = 0; i < 40; i++) await outbox.append(ofNobody(`system ${i}`));
  await peer.start();
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(arrived()).toContain("a refusal");
  expect(arrived().filter((name) => String(name).startsWith("system"))).toHaveLength(40);
});

test("repeats of one attempt are counted when its tenant may open no other; without end they end at its share", async () => {
  await alone({ bytes: 64 << 10, segmentBytes: 4 << 10 });
  const first = by("mallory", "often");
  await outbox.append(first);
  await flood("mallory");
  let repeats = 0;
  for (let refused = false; !refused; ) {
    await outbox.repeat({ region, rid: first.rid }).then(
      () => repeats++,
      (error) => {
        expect(error).toMatchObject({ code: "tenant_full" });
        refused = true;
      },
    );
  }
  expect(repeats).toBeGreaterThan(20);
  const quiet = by("acme", "seldom");
  await outbox.append(quiet);
  await outbox.repeat({ region, rid: quiet.rid });
  await peer.start();
  await outbox.close({ region, rid: first.rid });
  await outbox.close({ region, rid: quiet.rid });
  expect(await outbox.flush(timeoutMs)).toBe(true);
  const closings = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closings.map(({ disclosable, count }) => [disclosable.name, count])).toEqual(
    expect.arrayContaining([
      ["often", repeats],
      ["seldom", 1],
    ]),
  );
});

test("one tenant's windows evict its own, never another's", async () => {
  await open({ windows: 20 });
  const quiet = by("acme", "seldom");
  await outbox.append(quiet);
  for (let i = 0; i < 100; i++) await outbox.append(by("mallory", `m${i}`));
  await until(
    "twenty windows are left",
    async () => stats().openWindows,
    (windows) => windows === 20,
    { timeoutMs },
  );
  for (let i = 0; i < 3; i++) await outbox.repeat({ region, rid: quiet.rid });
  await outbox.close({ region, rid: quiet.rid });
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(peer.events(outbox.journalId).at(-1)).toMatchObject({
    type: "admission.repeated",
    count: 3,
    disclosable: { name: "seldom" },
  });
});

test("what tells on the disk whose records are whose is neither a tenant's name nor its uid", async () => {
  // Long enough that sealed bytes do not spell it by chance.
  const name = "a-tenant-with-a-name-of-its-own";
  await alone({});
  await outbox.append(by(name, "a"));
  await outbox.unrecorded({ region, tenant: tenant(name), verdict: "warn", code: "full" });
  await outbox.stop();
  for (const file of await readdir(join(dir, region))) {
    const text = (await readFile(join(dir, region, file))).toString("latin1");
    expect(text).not.toContain(name);
  }
});
