import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Disk } from "../src/disk/disk.ts";
import { nodeDisk } from "../src/disk/disk.ts";
import { event, timeoutMs } from "./peer.ts";
import { eventually, fresh, names, numbers, outboxOf, peerOf, region, segmentsOf, stop } from "./rig.ts";

test("events arrive once, in order, as they were appended, with the sender's token", async () => {
  const peer = await peerOf();
  const outbox = await outboxOf(fresh(), peer);
  const sent = numbers(700).map((name) => event(region, name));
  for (const one of sent.slice(0, 10)) await outbox.append(one);
  await Promise.all(sent.slice(10).map((one) => outbox.append(one)));
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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

test("regions have queues of their own: one away delays no other", async () => {
  const [here, there] = [await peerOf(region), await peerOf("us-east-1")];
  const options = { regions: { [region]: { url: here.url }, "us-east-1": { url: there.url } } };
  const outbox = await outboxOf(fresh(), here, { options });
  await outbox.append(event("us-east-1", "u0"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await there.stop();
  await outbox.append(event("us-east-1", "u1"));
  for (const name of numbers(20)) await outbox.append(event(region, name));
  await eventually(() => outbox.stats().regions[region]!.backlogRecords === 0, "eu is drained");
  expect(names(here, outbox)).toEqual(numbers(20));
  expect(outbox.stats().regions["us-east-1"]!.backlogRecords).toBe(1);
  await expect(outbox.append(event("mars-1", "x"))).rejects.toMatchObject({ code: "unknown_region" });
  await there.start();
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
