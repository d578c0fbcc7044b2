/** Whose record is logged next, and what one sender's flood does to others. */

import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { RoundRobin } from "../src/writer/round-robin.ts";
import { audit, blocked, type Rig, record, rig } from "./rig.ts";

const item = (owner: string, id: string, offset: number) => ({ journal: { owner, id }, offset });
type Item = ReturnType<typeof item> | { readonly journal: undefined; readonly offset: number };

test("a sender's thousand records hold up another's one by one place", () => {
  const turns = new RoundRobin<Item>();
  for (let offset = 0; offset < 1000; offset++) turns.push(item("flood", "a", offset));
  turns.push(item("quiet", "b", 0));
  turns.push({ journal: undefined, offset: 0 });
  expect(turns.first(3).map(({ journal }) => journal?.id)).toEqual([undefined, "a", "b"]);
});

test("a flood of the notary's own goes first only with a quarter of a batch while senders wait", () => {
  const turns = new RoundRobin<Item>();
  for (let offset = 0; offset < 100; offset++) turns.push({ journal: undefined, offset });
  expect(turns.first(8).map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (let offset = 0; offset < 3; offset++) turns.push(item("quiet", "b", offset));
  const batch = turns.first(8);
  expect(batch.map(({ journal }) => journal?.id)).toEqual([
    ...[undefined, undefined, "b", "b", "b"],
    ...[undefined, undefined, undefined],
  ]);
  expect(batch.filter(({ journal }) => journal === undefined).map(({ offset }) => offset)).toEqual([
    0, 1, 2, 3, 4,
  ]);
});

test("many journals of one sender do not multiply its turns, and none of them starves", () => {
  const turns = new RoundRobin<Item>();
  for (let i = 0; i < 100; i++) for (let n = 0; n < 5; n++) turns.push(item("many", `m${i}`, n));
  for (let n = 0; n < 20; n++) turns.push(item("one", "o", n));
  const served = new Map<string, number>();
  for (let batch = 0; batch < 5; batch++) {
    const taken = new Set(turns.first(40));
    for (const { journal } of taken) served.set(journal!.id, (served.get(journal!.id) ?? 0) + 1);
    turns.drop((one) => taken.has(one));
    // A flood goes on: what was taken is made up for at once.
    for (let i = 0; i < 100; i++) turns.push(item("many", `m${i}`, 100 + batch));
  }
  expect(served.get("o")).toBe(20);
  expect([...served.keys()].filter((id) => id.startsWith("m"))).toHaveLength(100);
});

test("whatever comes and goes, journals keep their order and owners differ by no more than one in a batch", () => {
  const steps = fc.array(
    fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 2 }), fc.integer({ min: 0, max: 12 })),
    { maxLength: 120 },
  );
  fc.assert(
    fc.property(steps, (all) => {
      const turns = new RoundRobin<Item>();
      const next = new Map<string, number>();
      const taken = new Map<string, number>();
      for (const [owner, journal, count] of all) {
        const id = `${owner}/${journal}`;
        for (let n = next.get(id) ?? 0, end = n + count; n < end; n++) {
          turns.push(item(String(owner), id, n));
          next.set(id, n + 1);
        }
        const waiting = new Map<string, number>();
        for (const one of turns.all()) {
          const by = one.journal!.owner;
          waiting.set(by, (waiting.get(by) ?? 0) + 1);
        }
        const batch = turns.first(7);
        expect(batch).toHaveLength(Math.min(7, turns.length));
        const of = (by: string) => batch.filter((one) => one.journal!.owner === by).length;
        const most = Math.max(0, ...[...waiting.keys()].map(of));
        // Only who has no more waiting gets less.
        for (const [by, count] of waiting) expect(of(by)).toBeGreaterThanOrEqual(Math.min(count, most - 1));
        turns.drop((one) => batch.includes(one));
        for (const one of batch) {
          const key = one.journal!.id;
          expect(one.offset).toBe(taken.get(key) ?? 0);
          taken.set(key, one.offset + 1);
        }
      }
      expect(turns.heads().length).toBe([...next].filter(([id, n]) => n > (taken.get(id) ?? 0)).length);
    }),
  );
});

describe("a writer", () => {
  let r: Rig;
  beforeEach(async () => {
    r = await rig();
  });
  afterEach(() => r.remove());

  const journalOf = (i: number) => String(i).padStart(22, "A");
  const submission = (owner: string, i: number, count: number) => ({
    journal: journalOf(i),
    owner,
    cluster: "test",
    from: 0,
    records: Array.from({ length: count }, (_, n) => record(n, blocked(owner, 1_700_000_000_000 + n))),
  });

  test("commits a quiet sender's record in its next batch, whatever a flood has waiting before it", async () => {
    const writer = r.writer({ batchLimit: 16 });
    await writer.ready();
    const flood = Array.from({ length: 8 }, (_, i) => writer.submit(submission("flood", i, 100)));
    expect(await writer.submit(submission("quiet", 50, 1))).toMatchObject({ acknowledged: 0 });
    expect(writer.status().queued).toBeGreaterThan(500);
    await Promise.all(flood);
    await writer.stop();
    expect((await audit(r)).receipts.filter(({ type }) => type === "admission.blocked")).toHaveLength(801);
  });

  test("lets a sender's records wait up to its share; another's are taken", async () => {
    const writer = r.writer({ queueLimit: 400, batchLimit: 8, batchDelayMs: 1 });
    await writer.ready();
    const flood = Array.from({ length: 8 }, (_, i) => writer.submit(submission("flood", i, 50)));
    const quiet = writer.submit(submission("quiet", 50, 20));
    const responses = await Promise.allSettled(flood);
    expect(responses.filter(({ status }) => status === "fulfilled")).toHaveLength(4);
    for (const response of responses)
      if (response.status === "rejected") expect(response.reason).toMatchObject({ code: "busy" });
    expect(await quiet).toMatchObject({ acknowledged: 19 });
  });

  test("remembers only so many journals of one sender", async () => {
    const writer = r.writer({ journalLimit: 3 });
    for (let i = 0; i < 3; i++) await writer.submit(submission("flood", i, 1));
    await expect(writer.submit(submission("flood", 3, 1))).rejects.toMatchObject({ code: "denied" });
    expect(await writer.submit(submission("quiet", 50, 1))).toMatchObject({ acknowledged: 0 });
    const more = submission("flood", 2, 2);
    expect(await writer.submit({ ...more, from: 1, records: more.records.slice(1) })).toMatchObject({
      acknowledged: 1,
    });
  });
});
