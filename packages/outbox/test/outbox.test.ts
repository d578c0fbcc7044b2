import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, open, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { until } from "@companyos/test/until";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import type { Disk } from "../src/disk/disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import type { Outbox, OutboxLimits, OutboxOptions, OutboxSeams } from "../src/index.ts";
import type { Shipment } from "../src/wire/index.ts";
import { recordDigest } from "../src/wire/index.ts";
import { event, openSender, Peer, patience, silent } from "./peer.ts";

const region = "eu-west-1";
let root: string;
let counter = 0;
let outboxes: Outbox[] = [];
let peers: Peer[] = [];
const fresh = () => join(root, String(counter++));

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-outbox-"));
});
afterEach(async () => {
  await Promise.all(outboxes.map((outbox) => outbox.stop()));
  await Promise.all(peers.map((peer) => peer.stop()));
  outboxes = [];
  peers = [];
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function peerOf(name = region): Promise<Peer> {
  const peer = await Peer.open(name, fresh());
  peers.push(peer);
  return peer;
}

interface Setup extends OutboxSeams {
  limits?: Partial<OutboxLimits>;
  options?: Partial<OutboxOptions>;
}

async function outboxOf(dir: string, peer: Peer, { limits, options, ...seams }: Setup = {}): Promise<Outbox> {
  const outbox = await openSender(
    {
      dir,
      regions: { [peer.region]: { url: peer.url } },
      limits: { backoffMs: 50, ...limits },
      ...options,
    },
    seams,
  );
  outboxes.push(outbox);
  return outbox;
}

async function stop(outbox: Outbox): Promise<void> {
  await outbox.stop();
  outboxes = outboxes.filter((other) => other !== outbox);
}

const names = (peer: Peer, outbox: Outbox) =>
  peer.events(outbox.journalId).map(({ disclosable }) => disclosable.name);
const segmentsOf = async (dir: string) =>
  (await readdir(join(dir, region))).filter((name) => name.endsWith(".seg"));
const numbers = (count: number) => Array.from({ length: count }, (_, i) => String(i));
const eventually = (check: () => boolean | Promise<boolean>, what: string) =>
  until(what, check, Boolean, { timeoutMs: patience });

test("events arrive once, in order, as they were appended, with the sender's token", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  const sent = numbers(700).map((name) => event(region, name));
  for (const one of sent.slice(0, 10)) await outbox.append(one);
  await Promise.all(sent.slice(10).map((one) => outbox.append(one)));
  expect(await outbox.flush(patience)).toBe(true);
  expect(peer.events(outbox.journalId)).toEqual(sent);
  expect(peer.records(outbox.journalId).map(({ offset }) => offset)).toEqual(sent.map((_, i) => i));
  expect([...peer.tokens]).toEqual(["Bearer token"]);
  expect(peer.largest.records).toBeLessThanOrEqual(256);
  expect(outbox.stats().regions[region]).toMatchObject({ state: "ok", backlogRecords: 0, acknowledged: 699 });
});

test("nothing of an event is readable on the disk", async () => {
  const peer = await peerOf();
  await peer.stop();
  const dir = fresh();
  await peer.start();
  const outbox = await outboxOf(dir, peer);
  const one = event(region, "very-secret-name");
  await outbox.append(one);
  await outbox.repeat({ region, rid: one.rid });
  await stop(outbox);
  for (const file of await segmentsOf(dir)) {
    const text = (await readFile(join(dir, region, file))).toString("latin1");
    for (const secret of ["very-secret-name", "secret-user", "acme", one.rid, "blocked", "repeated"]) {
      expect(text).not.toContain(secret);
    }
  }
});

test("1,000 concurrent appends share few syncs", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  await outbox.append(event(region, "warm"));
  const before = outbox.stats().regions[region]!.syncs;
  await Promise.all(numbers(1000).map((name) => outbox.append(event(region, name))));
  expect(outbox.stats().regions[region]!.syncs - before).toBeLessThan(20);
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["warm", ...numbers(1000)]);
});

test("an append resolves only after its bytes were synced", async () => {
  const peer = await peerOf();
  const order: string[] = [];
  const disk: Disk = {
    ...nodeDisk,
    async create(path) {
      const file = await nodeDisk.create(path);
      return {
        ...file,
        append: async (bytes) => file.append(bytes).finally(() => order.push("written")),
        sync: async () => file.sync().finally(() => order.push("synced")),
      };
    },
  };
  const outbox = await outboxOf(fresh(), peer, { disk });
  await outbox.append(event(region, "a"));
  order.push("answered");
  expect(order.slice(-3)).toEqual(["written", "synced", "answered"]);
});

test("a notary that is away is waited for; its key was remembered, so appending goes on over a restart", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const first = await outboxOf(dir, peer);
  await first.append(event(region, "0"));
  expect(await first.flush(patience)).toBe(true);
  await peer.stop();
  await first.append(event(region, "1"));
  await stop(first);
  const second = await outboxOf(dir, peer);
  expect(second.journalId).toBe(first.journalId);
  await second.append(event(region, "2"));
  await eventually(() => second.stats().regions[region]!.state === "retrying", "retrying");
  expect(await second.flush(50)).toBe(false);
  expect(second.stats().regions[region]).toMatchObject({ backlogRecords: 2, keyed: true });
  expect(second.stats().regions[region]!.oldestAgeMs).toBeGreaterThan(0);
  await peer.start();
  expect(await second.flush(patience)).toBe(true);
  expect(names(peer, second)).toEqual(["0", "1", "2"]);
  expect(second.stats().regions[region]).toMatchObject({ state: "ok", oldestAgeMs: 0 });
});

test("without a key ever seen, append fails with no_region_key; once the notary comes it works", async () => {
  const peer = await peerOf();
  await peer.stop();
  const outbox = await outboxOf(fresh(), peer, { keyWaitMs: 1000 });
  await expect(outbox.append(event(region, "lost"))).rejects.toMatchObject({ code: "no_region_key" });
  expect(outbox.stats().regions[region]).toMatchObject({ keyed: false, durable: -1 });
  await peer.start();
  await eventually(() => outbox.stats().regions[region]!.keyed, "key learnt");
  await outbox.append(event(region, "kept"));
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["kept"]);
});

test("a public key that is given is used without asking", async () => {
  const peer = await peerOf();
  const publicKey = await peer.keys.publicJwk("journal");
  await peer.stop();
  const options = { regions: { [region]: { url: peer.url, publicKey } } };
  const outbox = await outboxOf(fresh(), peer, { options });
  await outbox.append(event(region, "0"));
  await peer.start();
  peer.intercept = (path) => (path === "/v1/identity" ? { status: 500, body: {} } : undefined);
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["0"]);
});

test("regions have queues of their own: one away delays no other", async () => {
  const [here, there] = [await peerOf(region), await peerOf("us-east-1")];
  const options = { regions: { [region]: { url: here.url }, "us-east-1": { url: there.url } } };
  const outbox = await outboxOf(fresh(), here, { options });
  await outbox.append(event("us-east-1", "u0"));
  expect(await outbox.flush(patience)).toBe(true);
  await there.stop();
  await outbox.append(event("us-east-1", "u1"));
  for (const name of numbers(20)) await outbox.append(event(region, name));
  await eventually(() => outbox.stats().regions[region]!.backlogRecords === 0, "eu is drained");
  expect(names(here, outbox)).toEqual(numbers(20));
  expect(outbox.stats().regions["us-east-1"]!.backlogRecords).toBe(1);
  await expect(outbox.append(event("mars-1", "x"))).rejects.toMatchObject({ code: "unknown_region" });
  await there.start();
  expect(await outbox.flush(patience)).toBe(true);
});

test("a lower mark is resent from, a higher one is skipped to, an answer that got lost is found out", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(patience)).toBe(true);
  // Everything is taken, but the answers are lost or tell less than the truth.
  let answers = 0;
  const froms: number[] = [];
  peer.intercept = (path, body) => {
    if (!path.endsWith("/records")) return undefined;
    const { from, records } = body as Shipment;
    if (records.length === 0) return undefined;
    froms.push(from);
    answers++;
    if (answers === 1) return { status: 200, body: { acknowledged: from + 1 } };
    if (answers === 2) return { status: 200, body: { acknowledged: 0 } };
    if (answers === 3) return { status: 409, body: { code: "gap", expected: 1 } };
    return undefined;
  };
  await Promise.all(numbers(10).map((name) => outbox.append(event(region, `n${name}`))));
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["0", ...numbers(10).map((name) => `n${name}`)]);
  expect(froms.slice(0, 3)).toEqual([1, 3, 1]);

  // A process that dies before it hears the answer: the next one asks where the notary is.
  peer.intercept = () => undefined;
  await stop(outbox);
  await writeFile(join(dir, region, "acknowledged.json"), '{"v":1,"acknowledged":2,"highest":2}');
  const requests = peer.requests;
  const next = await outboxOf(dir, peer);
  await eventually(() => next.stats().regions[region]!.acknowledged === 10, "caught up");
  expect(peer.requests - requests).toBeLessThanOrEqual(2);
});

test("a notary that lost its log gets what is still here, and a gap for what is not", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer, { limits: { segmentBytes: 1000 } });
  for (const name of numbers(5)) {
    await outbox.append(event(region, name, { type: "placement.observed", disclosable: { name } }));
    expect(await outbox.flush(patience)).toBe(true);
  }
  peer.journals.clear();
  await outbox.append(event(region, "5"));
  expect(await outbox.flush(patience)).toBe(true);
  const [gap, ...rest] = peer.records(outbox.journalId);
  expect(gap).toMatchObject({ kind: "gap", from: 0, reason: "deleted" });
  expect(rest.map((record) => record.from)).toEqual(
    numbers(6)
      .map(Number)
      .slice(gap!.offset + 1),
  );
});

test("a notary that holds other records than the folder is not shipped to", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const errors: string[] = [];
  const options = { log: { ...silent, error: (message: string) => void errors.push(message) } };
  const outbox = await outboxOf(dir, peer, { options });
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(patience)).toBe(true);
  await stop(outbox);
  // The volume comes back empty but for its name: the notary has more than we ever wrote.
  await rm(join(dir, region), { recursive: true });
  const rolledBack = await outboxOf(dir, peer, { options });
  await eventually(() => rolledBack.stats().regions[region]!.state === "conflict", "conflict");
  await rolledBack.append(event(region, "other"));
  await eventually(
    () => /another record 0/.test(rolledBack.stats().regions[region]!.lastError ?? ""),
    "named",
  );
  expect(rolledBack.stats().regions[region]).toMatchObject({ backlogRecords: 1 });
  expect(names(peer, outbox)).toEqual(["0"]);
  expect(errors.join()).toMatch(/rolled back or copied/);
});

test("a shipment that is too large for the notary is made smaller", async () => {
  const peer = await peerOf();
  peer.intercept = (_, body) =>
    ((body as Shipment | undefined)?.records.length ?? 0) > 3 ? { status: 413, body: {} } : undefined;
  const outbox = await outboxOf(fresh(), peer);
  await Promise.all(numbers(20).map((name) => outbox.append(event(region, name))));
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(numbers(20));
});

test("shipments stay below a megabyte of sealed records; long values are cut, not refused", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  const long = "x".repeat(200_000);
  await Promise.all(
    numbers(12).map((name) => outbox.append(event(region, name, { disclosable: { name, message: long } }))),
  );
  const huge = { name: "huge", message: "y".repeat(3_000_000), labels: { a: "z".repeat(1_000_000) } };
  await outbox.append(event(region, "huge", { disclosable: huge }));
  expect(await outbox.flush(patience)).toBe(true);
  expect(peer.largest.bytes).toBeLessThan(1.5 * (1 << 20));
  const events = peer.events(outbox.journalId);
  expect(events[0]!.disclosable.message).toBe(long);
  expect(events.at(-1)!.disclosable).toMatchObject({
    name: "huge",
    message: { cut: true, length: 3_000_000 },
  });
});

test("repeats are counted exactly and close into one admission.repeated with the first event's fields", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  const [first, quiet] = [event(region, "often"), event(region, "once")];
  await outbox.append(first);
  await outbox.append(quiet);
  await Promise.all(numbers(250).map(() => outbox.repeat({ region, rid: first.rid })));
  for (const _ of numbers(5)) await outbox.repeat({ region, rid: first.rid });
  expect(outbox.stats().regions[region]).toMatchObject({ openWindows: 2, durable: 1 });
  await outbox.close({ region, rid: first.rid });
  await outbox.close({ region, rid: quiet.rid });
  await outbox.close({ region, rid: quiet.rid });
  await expect(outbox.repeat({ region, rid: first.rid })).rejects.toMatchObject({ code: "unknown_window" });
  expect(await outbox.flush(patience)).toBe(true);
  const [, , closing, ...more] = peer.events(outbox.journalId);
  expect(more).toEqual([]);
  expect(closing).toEqual({
    ...first,
    rid: closing!.rid,
    type: "admission.repeated",
    at: closing!.at,
    count: 255,
    disclosable: { ...first.disclosable, rid: first.rid },
  });
  expect(closing!.rid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(closing!.rid).not.toBe(first.rid);
});

test("a repeat and a close at the same moment: the count is what was answered", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  for (let round = 0; round < 20; round++) {
    const first = event(region, `round ${round}`);
    await outbox.append(first);
    const repeats = numbers(10).map(() => outbox.repeat({ region, rid: first.rid }));
    const closing = outbox.close({ region, rid: first.rid });
    const late = numbers(5).map(() => outbox.repeat({ region, rid: first.rid }));
    const answered = (await Promise.allSettled([...repeats, ...late])).filter(
      ({ status }) => status === "fulfilled",
    );
    await closing;
    expect(await outbox.flush(patience)).toBe(true);
    const closed = peer.events(outbox.journalId).at(-1);
    expect(closed).toMatchObject({ type: "admission.repeated", count: answered.length });
  }
});

test("windows left open are closed by a clean stop and by the next start, each exactly once", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer, { limits: { segmentBytes: 2000 } });
  const first = event(region, "often");
  await outbox.append(first);
  await outbox.repeat({ region, rid: first.rid });
  for (const name of numbers(10)) await outbox.append(event(region, name));
  expect(await outbox.flush(patience)).toBe(true);
  // Acknowledged, but the window still needs its first event: nothing of it may be deleted.
  expect((await segmentsOf(dir)).length).toBeGreaterThan(3);
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  expect(await next.flush(patience)).toBe(true);
  await stop(next);
  const last = await outboxOf(dir, peer);
  expect(await last.flush(patience)).toBe(true);
  const closings = peer.events(last.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closings).toHaveLength(1);
  expect(closings[0]).toMatchObject({ count: 1, disclosable: { rid: first.rid } });
  await eventually(() => last.stats().regions[region]!.openWindows === 0, "all closed");
  expect((await segmentsOf(dir)).length).toBe(1);
});

test("after a restart the last record may be a closing whose first event is deleted long since: it is known again", async () => {
  const peer = await peerOf();
  const dir = fresh();
  // Every write begins a segment of its own.
  const outbox = await outboxOf(dir, peer, { limits: { segmentBytes: 1 } });
  const first = event(region, "often");
  await outbox.append(first);
  await outbox.repeat({ region, rid: first.rid });
  await outbox.close({ region, rid: first.rid });
  expect(await outbox.flush(patience)).toBe(true);
  await eventually(async () => (await segmentsOf(dir)).length === 1, "acknowledged segments are deleted");
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "after"));
  expect(await next.flush(patience)).toBe(true);
  expect(next.stats().regions[region]).toMatchObject({
    state: "ok",
    failures: 0,
    backlogRecords: 0,
  });
  expect(peer.records(next.journalId).map(({ kind }) => kind)).toEqual(["event", "event", "event"]);
});

test("too many windows: the oldest is closed early, and nothing is lost", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer, { limits: { windows: 3 } });
  const events = numbers(5).map((name) => event(region, name));
  for (const one of events) {
    await outbox.append(one);
    await outbox.repeat({ region, rid: one.rid });
  }
  await eventually(() => outbox.stats().regions[region]!.openWindows === 3, "three are left");
  await expect(outbox.repeat({ region, rid: events[0]!.rid })).rejects.toMatchObject({
    code: "unknown_window",
  });
  expect(await outbox.flush(patience)).toBe(true);
  const closed = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closed.map(({ disclosable, count }) => [disclosable.rid, count])).toEqual(
    events.slice(0, 2).map(({ rid }) => [rid, 1]),
  );
});

test("acknowledged segments are deleted; what a window holds back goes when space is short", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer, { limits: { segmentBytes: 20_000, bytes: 120_000 } });
  const first = event(region, "often");
  await outbox.append(first);
  await outbox.repeat({ region, rid: first.rid });
  for (let i = 0; i < 300; i++) {
    const name = String(i);
    await outbox.append(event(region, name, { type: "placement.observed", disclosable: { name } }));
    if (i % 20 === 0) expect(await outbox.flush(patience)).toBe(true);
  }
  expect(await outbox.flush(patience)).toBe(true);
  expect(outbox.stats().regions[region]!.backlogBytes).toBeLessThan(80_000);
  const closed = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closed).toMatchObject([{ count: 1, disclosable: { rid: first.rid } }]);
});

/** An event of the system itself: no tenant's share bounds it. */
const ofNobody = (name: string) => {
  const { tenant: _, ...own } = event(region, name);
  return own;
};

test("a backlog at its limit fails closed, and recovers by itself", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer, { limits: { records: 20 } });
  await outbox.append(event(region, "warm"));
  expect(await outbox.flush(patience)).toBe(true);
  await peer.stop();
  const results = await Promise.allSettled(numbers(50).map((name) => outbox.append(ofNobody(name))));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(30);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "full" });
  await peer.start();
  expect(await outbox.flush(patience)).toBe(true);
  await outbox.append(event(region, "after"));
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["warm", ...numbers(20), "after"]);
});

/** A disk that takes `room` more bytes, writes what still fits, and then says ENOSPC. */
function smallDisk(): Disk & { room: number; failSync: boolean } {
  const small = {
    ...nodeDisk,
    room: Number.POSITIVE_INFINITY,
    failSync: false,
    async create(path: string) {
      const file = await nodeDisk.create(path);
      return {
        ...file,
        async append(bytes: Uint8Array) {
          const fits = Math.min(bytes.length, small.room);
          await file.append(bytes.subarray(0, fits));
          small.room -= fits;
          if (fits < bytes.length) throw Object.assign(new Error("no space left"), { code: "ENOSPC" });
        },
        async sync() {
          if (small.failSync) throw Object.assign(new Error("input/output error"), { code: "EIO" });
          await file.sync();
        },
      };
    },
  };
  return small;
}

test("a full disk fails closed and recovers by itself; half-written records never appear", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const disk = smallDisk();
  const outbox = await outboxOf(dir, peer, { disk });
  const first = event(region, "0");
  await outbox.append(first);
  await outbox.repeat({ region, rid: first.rid });
  disk.room = 500;
  await expect(outbox.append(event(region, "lost"))).rejects.toMatchObject({ code: "full" });
  await expect(outbox.repeat({ region, rid: first.rid })).rejects.toMatchObject({ code: "full" });
  disk.room = 10;
  await expect(outbox.close({ region, rid: first.rid })).rejects.toMatchObject({ code: "full" });
  await expect(outbox.repeat({ region, rid: first.rid })).rejects.toMatchObject({ code: "unknown_window" });
  disk.room = Number.POSITIVE_INFINITY;
  // Nobody asks for that closing again: the journal still owes it.
  await outbox.append(event(region, "1"));
  await eventually(() => outbox.stats().regions[region]?.durable === 2, "the window is closed");
  expect(await outbox.flush(patience)).toBe(true);
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "2"));
  expect(await next.flush(patience)).toBe(true);
  expect(peer.records(next.journalId).map(({ kind, offset }) => [kind, offset])).toEqual(
    numbers(4).map((n) => ["event", Number(n)]),
  );
  const logged = peer.events(next.journalId).map(({ type, count }) => `${type} ${count}`);
  expect(logged.toSorted()).toEqual([
    "admission.blocked 1",
    "admission.blocked 1",
    "admission.blocked 1",
    "admission.repeated 1",
  ]);
});

test("a window whose closing met a full disk is closed once there is room, though nothing else happens", async () => {
  const peer = await peerOf();
  const disk = smallDisk();
  const outbox = await outboxOf(fresh(), peer, { disk });
  const first = event(region, "0");
  await outbox.append(first);
  for (const _ of numbers(3)) await outbox.repeat({ region, rid: first.rid });
  expect(await outbox.flush(patience)).toBe(true);
  disk.room = 0;
  await expect(outbox.close({ region, rid: first.rid })).rejects.toMatchObject({ code: "full" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(outbox.stats().regions[region]?.openWindows).toBe(1);
  disk.room = Number.POSITIVE_INFINITY;
  await eventually(() => peer.events(outbox.journalId).length === 2, "the closing arrives");
  expect(peer.events(outbox.journalId).at(-1)).toMatchObject({ type: "admission.repeated", count: 3 });
});

test("a sync that fails is never answered as durable", async () => {
  const peer = await peerOf();
  const disk = smallDisk();
  const outbox = await outboxOf(fresh(), peer, { disk });
  await outbox.append(event(region, "0"));
  disk.failSync = true;
  await expect(outbox.append(event(region, "lost"))).rejects.toMatchObject({ code: "unavailable" });
  await expect(outbox.append(event(region, "lost too"))).rejects.toMatchObject({ code: "unavailable" });
  disk.failSync = false;
  await outbox.append(event(region, "1"));
  expect(await outbox.flush(patience)).toBe(true);
  expect(names(peer, outbox)).toEqual(["0", "1"]);
});

test("two outboxes never share a folder, be it in one process or in two", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await expect(outboxOf(dir, peer)).rejects.toMatchObject({ code: "locked" });
  const child = spawnSender(dir, peer, "append");
  let stderr = "";
  child.stderr.on("data", (chunk) => {
    stderr += chunk;
  });
  expect((await once(child, "close"))[0]).toBe(1);
  expect(stderr).toContain("locked");
  await stop(outbox);
  await outboxOf(dir, peer);
});

function spawnSender(dir: string, peer: Peer, mode: "append" | "repeat") {
  const file = join(import.meta.dirname, "appender.ts");
  return spawn(process.execPath, [file, dir, peer.region, peer.url, mode], {
    stdio: ["ignore", "pipe", "pipe"],
  });
}

/** Runs a sender and kills it after `lines` answers; returns the answers. */
async function killedAfter(
  lines: number,
  dir: string,
  peer: Peer,
  mode: "append" | "repeat",
): Promise<string[]> {
  const child = spawnSender(dir, peer, mode);
  let text = "";
  let errors = "";
  child.stderr.on("data", (chunk) => {
    errors += chunk;
  });
  child.stdout.on("data", (chunk) => {
    text += chunk;
    if (text.split("\n").length > lines) child.kill("SIGKILL");
  });
  const [, signal] = await once(child, "close");
  if (signal !== "SIGKILL") throw new Error(`the sender ended by itself: ${errors}`);
  return text.split("\n").slice(0, -1);
}

test("kill -9 in the middle of appends, again and again: every answered append arrives exactly once", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const answered: string[] = [];
  for (const lines of [40, 400, 3, 900]) {
    answered.push(...(await killedAfter(lines, dir, peer, "append")).map((line) => line.slice(2)));
  }
  const outbox = await outboxOf(dir, peer);
  expect(await outbox.flush(patience)).toBe(true);
  const got = names(peer, outbox) as string[];
  expect(new Set(got).size).toBe(got.length);
  expect(answered.filter((name) => !got.includes(name))).toEqual([]);
  expect(answered.length).toBeGreaterThan(1300);
  const records = peer.records(outbox.journalId);
  expect(records.map(({ kind, offset }) => [kind, offset])).toEqual(records.map((_, i) => ["event", i]));
});

test("kill -9 in the middle of repeats: every answered repeat is in exactly one closing event", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const answered = new Map<string, number>();
  for (const lines of [30, 500, 2]) {
    for (const line of await killedAfter(lines, dir, peer, "repeat")) {
      const [kind, rid] = line.split(" ") as [string, string];
      answered.set(rid, (answered.get(rid) ?? 0) + (kind === "r" ? 1 : 0));
    }
  }
  const outbox = await outboxOf(dir, peer);
  await eventually(() => outbox.stats().regions[region]!.openWindows === 0, "leftovers are closed");
  expect(await outbox.flush(patience)).toBe(true);
  const closings = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closings.map(({ disclosable }) => disclosable.rid).sort()).toEqual([...answered.keys()].sort());
  for (const { disclosable, count } of closings) {
    const least = answered.get(disclosable.rid as string) as number;
    // Up to 8 were durable when the process died before it could say so.
    expect(count).toBeGreaterThanOrEqual(least);
    expect(count).toBeLessThanOrEqual(least + 8);
  }
});

test("a torn tail is cut off: nothing of it is shipped, and numbering goes on without a gap", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(patience)).toBe(true);
  await peer.stop();
  await outbox.append(event(region, "1"));
  await stop(outbox);
  const file = join(dir, region, (await segmentsOf(dir)).at(-1) as string);
  const whole = await readFile(file);
  // Every way in which the last write, of which nothing was answered, may have reached the disk.
  for (const torn of [1, 4, 11, 13, 30, 200]) {
    await writeFile(file, whole);
    await appendFile(file, whole.subarray(whole.length - 300, whole.length - 300 + torn));
    const after = await outboxOf(dir, peer);
    expect(after.stats().regions[region]).toMatchObject({ durable: 1 });
    await stop(after);
    expect((await readFile(file)).length).toBe(whole.length);
  }
  await peer.start();
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "2"));
  expect(await next.flush(patience)).toBe(true);
  expect(peer.records(next.journalId).map(({ kind }) => kind)).toEqual(["event", "event", "event"]);
});

test("a record that the disk spoilt is shipped as a gap of exactly its number", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(patience)).toBe(true);
  await peer.stop();
  for (const name of ["1", "2", "3", "4"]) await outbox.append(event(region, name));
  await stop(outbox);
  const file = join(dir, region, (await segmentsOf(dir)).at(-1) as string);
  const bytes = await readFile(file);
  const middle = Math.floor(bytes.length * 0.6);
  const handle = await open(file, "r+");
  await handle.write(Buffer.alloc(900, 0x55), 0, 900, middle);
  await handle.close();
  await peer.start();
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "5"));
  expect(await next.flush(patience)).toBe(true);
  const records = peer.records(next.journalId);
  const gap = records.find(({ kind }) => kind === "gap");
  expect(gap).toMatchObject({ reason: "corrupt" });
  const got = names(peer, next);
  const lost = numbers(6).filter((name) => !got.includes(name));
  expect(lost).toEqual(numbers(6).slice(gap!.from, gap!.offset + 1));
  expect(records.map(({ offset }) => offset).at(-1)).toBe(5);
});

test("a folder of another journal is not taken for one's own", async () => {
  const peer = await peerOf();
  const [dir, other] = [fresh(), fresh()];
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  await stop(outbox);
  await stop(await outboxOf(other, peer));
  const [file] = await segmentsOf(dir);
  await writeFile(join(other, region, file as string), await readFile(join(dir, region, file as string)));
  await expect(outboxOf(other, peer)).rejects.toMatchObject({ code: "corrupt" });
});

test("events that are none are refused before they are written; after stop nothing is taken", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  await expect(outbox.append({ ...event(region, "x"), rid: "no" })).rejects.toMatchObject({
    code: "bad_event",
  });
  await expect(outbox.append({ ...event(region, "x"), count: 0 })).rejects.toMatchObject({
    code: "bad_event",
  });
  expect(outbox.stats().regions[region]).toMatchObject({ durable: -1 });
  await stop(outbox);
  await expect(outbox.append(event(region, "x"))).rejects.toMatchObject({ code: "stopped" });
});

test("the digest of a record is the same for every resend and differs for any other content", () => {
  const record = { offset: 1, segment: "s", data: "AAAA" };
  expect(recordDigest({ ...record })).toBe(recordDigest(record));
  expect(recordDigest({ ...record, data: "AAAB" })).not.toBe(recordDigest(record));
  const gap = { offset: 4, gap: { from: 2, at: 1, reason: "corrupt" as const } };
  expect(recordDigest({ ...gap, gap: { ...gap.gap, at: 2 } })).toBe(recordDigest(gap));
});

test("the notary is asked for its key again after an hour, also when the clock was set back by one meanwhile", async () => {
  const peer = await peerOf();
  let asked = 0;
  peer.intercept = (path) => {
    if (path === "/v1/identity") asked++;
    return undefined;
  };
  let [now, elapsed] = [1_800_000_000_000, 0];
  const outbox = await outboxOf(fresh(), peer, { now: () => now, elapsed: () => elapsed });
  await outbox.append(event(region, "a"));
  expect(await outbox.flush(patience)).toBe(true);
  expect(asked).toBe(1);
  now -= 3_600_000;
  elapsed += 3_700_000;
  await outbox.append(event(region, "b"));
  await eventually(() => asked === 2, "the key is asked for");
});
