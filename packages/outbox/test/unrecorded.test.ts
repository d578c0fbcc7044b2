/** Answers that went out without a receipt are made up for: by one `journal.gap` for each tenant, exactly. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { uuidv7 } from "@companyos/service/uuidv7";
import { explored } from "@companyos/test/explored";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Disk } from "../src/disk/disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import type { Outbox, OutboxOptions, OutboxSeams } from "../src/index.ts";
import { ownerOf } from "../src/shares/owner.ts";
import { UnrecordedFile } from "../src/unrecorded/file.ts";
import type { Crash } from "./crash-disk.ts";
import { crashDisk } from "./crash-disk.ts";
import { event, openSender, Peer, timeoutMs } from "./peer.ts";

const region = "eu-west-1";
let root: string;
let folders = 0;
const fresh = () => join(root, String(folders++));
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-unrecorded-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const acme = { name: "acme", uid: "uid-acme" };
const globex = { name: "globex", uid: "uid-globex" };
const gone = { name: "initech", uid: "uid-initech" };
type Tenant = typeof acme;
/** Two records for tenants that flood, one after the other; the rest is the system's. */
const limits = { records: 8, segmentBytes: 4096, backoffMs: 20 };
/** Time runs fast: nobody waits for quiet seconds. */
const elapsed = () => performance.now() * 100;

async function withSender(
  run: (peer: Peer, open: typeof sender, dir: string) => Promise<void>,
): Promise<void> {
  const peer = await Peer.open(region, fresh());
  const opened: Outbox[] = [];
  const dir = fresh();
  async function sender(seams: OutboxSeams = {}, options: Partial<OutboxOptions> = {}): Promise<Outbox> {
    const regions = { [region]: { url: peer.url, publicKey: await peer.keys.publicJwk("journal") } };
    const tenants = () => [acme, globex];
    const outbox = await openSender({ dir, regions, limits, tenants, ...options }, { elapsed, ...seams });
    opened.push(outbox);
    return outbox;
  }
  try {
    await run(peer, sender, dir);
  } finally {
    await Promise.all(opened.map((outbox) => outbox.stop()));
    await peer.stop();
  }
}
declare const sender: (seams?: OutboxSeams, options?: Partial<OutboxOptions>) => Promise<Outbox>;

/** Answers as the webhook does: recorded, or else counted. Tells what became durable. */
async function answer(
  outbox: Outbox,
  tenant: Tenant,
  verdict: "block" | "warn",
): Promise<"kept" | "counted"> {
  try {
    await outbox.append(event(region, "x", { tenant }));
    return "kept";
  } catch (error) {
    const { code } = error as { code: string };
    await outbox.unrecorded({ region, tenant, verdict, code });
    return "counted";
  }
}

const gapsOf = (peer: Peer, outbox: Outbox, tenant?: Tenant) =>
  peer
    .events(outbox.journalId)
    .filter((one) => one.type === "journal.gap" && one.tenant?.uid === tenant?.uid);
const sum = (events: readonly { count: number }[]) => events.reduce((total, { count }) => total + count, 0);
const settled = (outbox: Outbox, orElse = () => false) =>
  until(
    "nothing is owed any more",
    async () => outbox.stats().regions[region]!.unrecorded + outbox.stats().unrecorded,
    (owed) => owed === 0 || orElse(),
    { timeoutMs },
  );

test("as soon as the journal takes a tenant's records again, its chain says how many answers have none, and when", () =>
  withSender(async (peer, open) => {
    await peer.stop();
    const outbox = await open();
    let kept = 0;
    while ((await answer(outbox, acme, "block")) === "kept") kept++;
    for (let i = 0; i < 4; i++) expect(await answer(outbox, acme, "warn")).toBe("counted");
    expect(outbox.stats().regions[region]).toMatchObject({ unrecorded: 5, backlogRecords: kept });
    await peer.start();
    await settled(outbox);
    expect(await outbox.flush(timeoutMs)).toBe(true);
    const [gap, ...more] = gapsOf(peer, outbox, acme);
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ decision: "none", reason: "JOURNAL_UNRECORDED", count: 5, tenant: acme });
    expect(gap!.disclosable.details).toMatchObject({
      answers: { block: 1, warn: 4, audit: 0 },
      code: "tenant_full",
      journal: outbox.journalId,
    });
    const { first, last } = gap!.disclosable.details as { first: number; last: number };
    expect([first <= last, gap!.at]).toEqual([true, last]);
    expect(await answer(outbox, acme, "block")).toBe("kept");
  }));

test("a full disk keeps the count through a crash, and no new block is needed for it", () =>
  withSender(async (peer, open) => {
    const room = { left: Number.POSITIVE_INFINITY };
    const full = async () => {
      throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
    };
    const disk: Disk = {
      ...nodeDisk,
      create: (path) =>
        room.left > 0
          ? nodeDisk
              .create(path)
              .then((file) => ({ ...file, append: (bytes) => (room.left > 0 ? file.append(bytes) : full()) }))
          : full(),
      replace: (path, text) => (room.left > 0 ? nodeDisk.replace(path, text) : full()),
    };
    const outbox = await open({ disk });
    expect(await answer(outbox, acme, "block")).toBe("kept");
    expect(await outbox.flush(timeoutMs)).toBe(true);
    room.left = 0;
    for (let i = 0; i < 7; i++) expect(await answer(outbox, i % 2 ? acme : globex, "warn")).toBe("counted");
    await outbox.stop();
    const next = await open();
    await settled(next);
    expect(await next.flush(timeoutMs)).toBe(true);
    expect(sum(gapsOf(peer, next, acme))).toBe(3);
    expect(sum(gapsOf(peer, next, globex))).toBe(4);
  }));

test("whose tenant is not known any more is in the log's own chain; whose is not known yet waits", () =>
  withSender(async (peer, open) => {
    await peer.stop();
    const outbox = await open();
    for (const tenant of [acme, globex]) while ((await answer(outbox, tenant, "warn")) === "kept");
    await peer.start();
    let known: Tenant[] | undefined;
    await outbox.stop();
    const next = await open({}, { tenants: () => known });
    expect(await next.flush(timeoutMs)).toBe(true);
    expect(next.stats().regions[region]).toMatchObject({ unrecorded: 2 });
    known = [acme];
    await settled(next);
    expect(await next.flush(timeoutMs)).toBe(true);
    expect([sum(gapsOf(peer, next, acme)), sum(gapsOf(peer, next, globex)), sum(gapsOf(peer, next))]).toEqual(
      [1, 0, 1],
    );
  }));

const strayed = { region: "mars-1", verdict: "block", code: "unknown_region" } as const;

test("answers under a home region without a notary are counted too, and told in the chain of the home the tenant has then", () =>
  withSender(async (peer, open) => {
    let homes = { acme: "mars-1", globex: "mars-1" };
    const tenants = () => [
      { ...acme, homeRegion: homes.acme },
      { ...globex, homeRegion: homes.globex },
    ];
    const outbox = await open({}, { tenants });
    for (let i = 0; i < 3; i++) await outbox.unrecorded({ ...strayed, tenant: acme });
    await outbox.unrecorded({ ...strayed, tenant: globex, verdict: "audit" });
    expect(outbox.stats()).toMatchObject({ unrecorded: 4, regions: { [region]: { unrecorded: 0 } } });
    // Until then it waits, over a restart too.
    await outbox.stop();
    const next = await open({}, { tenants });
    expect(next.stats().unrecorded).toBe(4);
    await next.unrecorded({ ...strayed, tenant: acme });
    homes = { ...homes, acme: region };
    await next.stop();
    const last = await open({}, { tenants });
    await until(
      "acme's are told",
      async () => last.stats().unrecorded,
      (owed) => owed === 1,
      { timeoutMs },
    );
    expect(await last.flush(timeoutMs)).toBe(true);
    const [gap, ...more] = gapsOf(peer, last, acme);
    expect(more).toEqual([]);
    expect(gap).toMatchObject({ region, tenant: acme, count: 4, reason: "JOURNAL_UNRECORDED" });
    expect(gap!.disclosable.details).toMatchObject({
      code: "unknown_region",
      answers: { block: 4, audit: 0 },
    });
    expect([gapsOf(peer, last, globex), gapsOf(peer, last)]).toEqual([[], []]);
  }));

test("answers under a home region without a notary, for a tenant that is gone, are in a log's own chain, and name nobody", () =>
  withSender(async (peer, open) => {
    let known: (Tenant & { homeRegion: string })[] | undefined;
    const outbox = await open({}, { tenants: () => known });
    await outbox.unrecorded({ ...strayed, tenant: acme });
    await outbox.unrecorded({ ...strayed, tenant: acme });
    expect(outbox.stats().unrecorded).toBe(2);
    await outbox.stop();
    known = [{ ...globex, homeRegion: region }];
    const next = await open({}, { tenants: () => known });
    await until(
      "it is told",
      async () => next.stats().unrecorded,
      (owed) => owed === 0,
      { timeoutMs },
    );
    expect(await next.flush(timeoutMs)).toBe(true);
    const [gap, ...more] = gapsOf(peer, next);
    expect([gap!.count, more]).toEqual([2, []]);
    // Not lost to this log, which was nobody's home.
    expect(gap!.reason).toBe("JOURNAL_UNRECORDED_WITHOUT_HOME");
    expect(JSON.stringify(gap)).not.toMatch(/acme/);
    // It is struck out: whoever starts again tells nothing more.
    await next.stop();
    const third = await open({}, { tenants: () => known });
    expect(third.stats().unrecorded).toBe(0);
    expect(await third.flush(timeoutMs)).toBe(true);
    expect(gapsOf(peer, third)).toHaveLength(1);
  }));

/** Tenants by their number. */
const numbered = (i: number) => ({ name: `t${i}`, uid: `uid-${i}` });
const told = (outbox: Outbox, left = 0) =>
  until(
    "they are told",
    async () => outbox.stats().unrecorded,
    (owed) => owed === left,
    { timeoutMs },
  );

test("who makes Tenants without a home takes no place of one that had one: its answers are told in its chain", () =>
  withSender(async (peer, open) => {
    let home = "mars-1";
    const tenants = () => [
      { ...acme, homeRegion: home },
      ...Array.from({ length: 3000 }, (_, i) => ({ ...numbered(i), homeRegion: "mras-1" })),
    ];
    const outbox = await open({}, { tenants });
    const counting = Array.from({ length: 3000 }, (_, i) =>
      outbox.unrecorded({ ...strayed, region: "mras-1", tenant: numbered(i), homeless: true }),
    );
    await Promise.all(counting);
    for (let i = 0; i < 4; i++) await outbox.unrecorded({ ...strayed, tenant: acme });
    await outbox.stop();
    home = region;
    const next = await open({}, { tenants });
    // The 500 beyond what they have among them are nobody's; acme's are not.
    await told(next, 2500);
    expect(await next.flush(timeoutMs)).toBe(true);
    expect(gapsOf(peer, next, acme)).toMatchObject([{ count: 4, reason: "JOURNAL_UNRECORDED" }]);
    expect(gapsOf(peer, next)).toMatchObject([{ count: 500, reason: "JOURNAL_UNRECORDED_WITHOUT_HOME" }]);
  }));

test("a thousand tenants that are moved before the notary of their new home is there are each told in its own chain", () =>
  withSender(async (peer, open) => {
    let home = "mars-1";
    const all = Array.from({ length: 1000 }, (_, i) => numbered(i));
    const tenants = () => all.map((tenant) => ({ ...tenant, homeRegion: home }));
    const outbox = await open({}, { tenants });
    await Promise.all(all.map((tenant) => outbox.unrecorded({ ...strayed, tenant })));
    await outbox.stop();
    home = region;
    const next = await open({}, { tenants, limits: { ...limits, records: 10_000 } });
    await told(next);
    expect(await next.flush(timeoutMs)).toBe(true);
    expect(gapsOf(peer, next)).toEqual([]);
    const gaps = peer.events(next.journalId).filter(({ type }) => type === "journal.gap");
    expect(new Set(gaps.map(({ tenant }) => tenant?.uid)).size).toBe(1000);
  }));

test.each([
  ["_unrecorded", 128],
  [join(region, "unrecorded"), 512],
])("what an earlier release counted in its smaller file %s is told, and the file goes", (name, slots) =>
  withSender(async (peer, open, dir) => {
    let known: (Tenant & { homeRegion: string })[] | undefined;
    const tenants = () => known;
    const first = await open({}, { tenants });
    const { journalId } = first;
    await first.stop();
    const path = join(dir, name);
    const file = await UnrecordedFile.open(nodeDisk, path, slots);
    const rid = uuidv7(Date.now());
    const account = {
      rid,
      owner: ownerOf(journalId, acme),
      homeless: false,
      code: "unknown_region",
    } as const;
    await file.save(5, { ...account, responses: { block: 6, warn: 0, audit: 0 }, first: 1, last: 2 });
    await file.close();
    const next = await open({}, { tenants });
    expect(next.stats().unrecorded + next.stats().regions[region]!.unrecorded).toBe(6);
    known = [{ ...acme, homeRegion: region }];
    await settled(next);
    expect(await next.flush(timeoutMs)).toBe(true);
    expect(gapsOf(peer, next, acme)).toMatchObject([{ rid, count: 6 }]);
    await next.stop();
    await (await open({}, { tenants })).stop();
    await expect(nodeDisk.readAll(path)).rejects.toMatchObject({ code: "ENOENT" });
  }),
);

/** Two tenants flood, the notary comes back, they flood on; the disk dies somewhere on the way; another process goes on. */
async function run(crash: Crash | undefined): Promise<number> {
  let operations = 0;
  await withSender(async (peer, open) => {
    const broken = crashDisk(crash);
    // As many operations as with the whole file, each much smaller.
    const small = { slots: 64 };
    const durable = { kept: 0, counted: new Map<Tenant, number>() };
    const asked = new Map<Tenant, number>();
    const strays = { durable: 0, asked: 0 };
    const stray = async (outbox: Outbox) => {
      strays.asked++;
      await outbox.unrecorded({ ...strayed, tenant: gone });
      strays.durable++;
    };
    const one = async (outbox: Outbox, tenant: Tenant) => {
      asked.set(tenant, (asked.get(tenant) ?? 0) + 1);
      if ((await answer(outbox, tenant, "block")) === "kept") durable.kept++;
      else durable.counted.set(tenant, (durable.counted.get(tenant) ?? 0) + 1);
    };
    const life = async (outbox: Outbox) => {
      for (const away of [true, false, true]) {
        peer.intercept = away ? () => ({ status: 503, body: {} }) : () => undefined;
        for (let i = 0; i < 6; i++) for (const tenant of [acme, globex]) await one(outbox, tenant);
        await stray(outbox);
        if (away) continue;
        await settled(outbox, broken.isDead);
      }
    };
    const first = await open({ ...small, disk: broken.disk }).catch(() => undefined);
    if (first !== undefined) {
      await life(first).catch((error: unknown) => {
        if (crash === undefined) throw error;
      });
      operations = broken.operations.length;
      await first.stop();
    }
    await broken.lose();
    peer.intercept = () => undefined;
    const second = await open(small);
    await settled(second);
    expect(await second.flush(timeoutMs)).toBe(true);
    await second.stop();
    const third = await open(small);
    expect(await third.flush(timeoutMs)).toBe(true);
    for (const tenant of [acme, globex]) {
      const counted = sum(gapsOf(peer, third, tenant));
      const least = durable.counted.get(tenant) ?? 0;
      // One answer of each process may be durable and nobody heard of it.
      expect(counted).toBeGreaterThanOrEqual(least);
      expect(counted).toBeLessThanOrEqual(Math.min(least + 1, asked.get(tenant) ?? 0));
    }
    const rids = peer.events(third.journalId).map(({ rid }) => rid);
    expect(new Set(rids).size).toBe(rids.length);
    // Nobody's chain: its tenant is gone.
    expect(sum(gapsOf(peer, third))).toBeGreaterThanOrEqual(strays.durable);
    expect(sum(gapsOf(peer, third))).toBeLessThanOrEqual(Math.min(strays.durable + 1, strays.asked));
    const logged = peer.events(third.journalId).filter(({ type }) => type === "admission.blocked").length;
    expect(logged).toBeGreaterThanOrEqual(durable.kept);
    expect(logged).toBeLessThanOrEqual(durable.kept + 1);
  });
  return operations;
}

test("whatever operation of the disk the sender dies at, each answer is counted once", async () => {
  const operations = await run(undefined);
  expect(operations).toBeGreaterThan(60);
  const left: Crash[] = explored(
    Array.from({ length: operations }, (_, i) => i + 1).flatMap((at) =>
      [true, false].map((after) => ({ at, after, lossy: at % 2 === 0 })),
    ),
  );
  const worker = async () => {
    for (let crash = left.pop(); crash; crash = left.pop()) {
      try {
        await run(crash);
      } catch (error) {
        throw new Error(`dead at ${JSON.stringify(crash)}: ${(error as Error).message}`, { cause: error });
      }
    }
  };
  await Promise.all([worker(), worker(), worker(), worker(), worker(), worker()]);
}, 600_000);
