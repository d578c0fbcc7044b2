import { expect, test } from "@jest/globals";
import { event, timeoutMs } from "./peer.ts";
import { eventually, fresh, numbers, outboxOf, peerOf, region, segmentsOf, stop } from "./rig.ts";

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
  expect(await outbox.flush(timeoutMs)).toBe(true);
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
    expect(await outbox.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  // Acknowledged, but the window still needs its first event: nothing of it may be deleted.
  expect((await segmentsOf(dir)).length).toBeGreaterThan(3);
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  expect(await next.flush(timeoutMs)).toBe(true);
  await stop(next);
  const last = await outboxOf(dir, peer);
  expect(await last.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await eventually(async () => (await segmentsOf(dir)).length === 1, "acknowledged segments are deleted");
  await stop(outbox);
  const next = await outboxOf(dir, peer);
  await next.append(event(region, "after"));
  expect(await next.flush(timeoutMs)).toBe(true);
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
  expect(await outbox.flush(timeoutMs)).toBe(true);
  const closed = peer.events(outbox.journalId).filter(({ type }) => type === "admission.repeated");
  expect(closed.map(({ disclosable, count }) => [disclosable.rid, count])).toEqual(
    events.slice(0, 2).map(({ rid }) => [rid, 1]),
  );
});
