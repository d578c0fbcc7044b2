import { expect, test } from "@jest/globals";
import type { Disk } from "../src/disk/disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import { event, timeoutMs } from "./peer.ts";
import { eventually, fresh, names, numbers, outboxOf, peerOf, region, stop } from "./rig.ts";

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
    if (i % 20 === 0) expect(await outbox.flush(timeoutMs)).toBe(true);
  }
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await peer.stop();
  const results = await Promise.allSettled(numbers(50).map((name) => outbox.append(ofNobody(name))));
  const refused = results.filter((result) => result.status === "rejected");
  expect(refused).toHaveLength(30);
  for (const { reason } of refused) expect(reason).toMatchObject({ code: "full" });
  await peer.start();
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await outbox.append(event(region, "after"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "2"));
  expect(await next.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(names(peer, outbox)).toEqual(["0", "1"]);
});
