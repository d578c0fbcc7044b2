import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { Shipment } from "../src/wire/index.ts";
import { recordDigest } from "../src/wire/index.ts";
import { event, silent, timeoutMs } from "./peer.ts";
import { eventually, fresh, names, numbers, outboxOf, peerOf, region, stop } from "./rig.ts";

test("a lower mark is resent from, a higher one is skipped to, an answer that got lost is found out", async () => {
  const peer = await peerOf();
  const dir = fresh();
  const outbox = await outboxOf(dir, peer);
  await outbox.append(event(region, "0"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
    expect(await outbox.flush(timeoutMs)).toBe(true);
  }
  peer.journals.clear();
  await outbox.append(event(region, "5"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect(peer.largest.bytes).toBeLessThan(1.5 * (1 << 20));
  const events = peer.events(outbox.journalId);
  expect(events[0]!.disclosable.message).toBe(long);
  expect(events.at(-1)!.disclosable).toMatchObject({
    name: "huge",
    message: { cut: true, length: 3_000_000 },
  });
});

test("the digest of a record is the same for every resend and differs for any other content", () => {
  const record = { offset: 1, segment: "s", data: "AAAA" };
  expect(recordDigest({ ...record })).toBe(recordDigest(record));
  expect(recordDigest({ ...record, data: "AAAB" })).not.toBe(recordDigest(record));
  const gap = { offset: 4, gap: { from: 2, at: 1, reason: "corrupt" as const } };
  expect(recordDigest({ ...gap, gap: { ...gap.gap, at: 2 } })).toBe(recordDigest(gap));
});

test("a mistake of ours on the way to the notary is reported as a fault, and records are shipped once it is gone", async () => {
  const peer = await peerOf();
  const faults: string[] = [];
  let mistaken = true;
  const token = () => {
    if (mistaken) throw new TypeError("the token is out of its mind");
    return "token";
  };
  const outbox = await outboxOf(fresh(), peer, {
    options: { token, faults: (where, error) => void faults.push(`${where}: ${(error as Error).message}`) },
  });
  await outbox.append(event(region, "0"));
  await eventually(() => faults.length > 1, "told of each attempt");
  expect(new Set(faults).size).toBe(1);
  expect(faults[0]).toMatch(/^background: .*the token is out of its mind/);
  mistaken = false;
  expect(await outbox.flush(timeoutMs)).toBe(true);
});

test("a notary that is away, or refuses, is no fault", async () => {
  const peer = await peerOf();
  const faults: unknown[] = [];
  const outbox = await outboxOf(fresh(), peer, {
    options: { faults: (_where, error) => void faults.push(error) },
  });
  let refused = 0;
  peer.intercept = (path) => (path.endsWith("/records") && ++refused ? { status: 503, body: {} } : undefined);
  await outbox.append(event(region, "0"));
  await eventually(() => refused > 1, "refused");
  peer.intercept = () => undefined;
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await peer.stop();
  const { failures } = outbox.stats().regions[region]!;
  await outbox.append(event(region, "1"));
  await eventually(() => outbox.stats().regions[region]!.failures > failures, "the notary is away");
  expect(faults).toEqual([]);
});
