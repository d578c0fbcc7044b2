import type { ReceiptEvent } from "@companyos/outbox";
import { runs } from "@companyos/test/explored";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { createRepeatWindows } from "../src/repeat-window.ts";

/** Time and a journal that a test moves by hand; the journal behaves as the outbox's contract says. */
function harness(options: { limit?: number } = {}) {
  let now = 0;
  const timers: { at: number; task: () => void }[] = [];
  const answers = new Map<string, number>();
  const open = new Set<string>();
  const closed: { rid: string; repeats: number }[] = [];
  const journal = {
    failing: false,
    async append({ rid }: ReceiptEvent) {
      await undefined;
      if (journal.failing) throw Object.assign(new Error("disk full"), { code: "full" });
      open.add(rid);
      answers.set(rid, 1);
    },
    async repeat({ rid }: { rid: string }) {
      await undefined;
      if (!open.has(rid)) throw Object.assign(new Error("no such window"), { code: "unknown_window" });
      answers.set(rid, answers.get(rid)! + 1);
    },
    async close({ rid }: { rid: string }) {
      if (!open.delete(rid)) return;
      closed.push({ rid, repeats: answers.get(rid)! - 1 });
    },
  };
  const clock = {
    now: () => now,
    elapsed: () => now,
    after(ms: number, task: () => void) {
      const timer = { at: now + ms, task };
      timers.push(timer);
      return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0);
    },
  };
  async function advance(ms: number) {
    now += ms;
    for (const timer of timers.filter(({ at }) => at <= now)) {
      timers.splice(timers.indexOf(timer), 1);
      timer.task();
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  let count = 0;
  const event = (tenant = "acme") => {
    count += 1;
    const whose = { name: tenant, uid: `uid-of-${tenant}` };
    // All of an event that a window looks at.
    return { rid: `receipt-${count}`, region: "eu-west-1", tenant: whose } as unknown as ReceiptEvent;
  };
  const windows = createRepeatWindows({ journal, clock, ...options });
  return {
    windows,
    journal,
    open,
    closed,
    answers,
    advance,
    event,
    record: (key: string, tenant?: string) => windows.record(key, 60, () => event(tenant)),
  };
}

test("the first refusal of an attempt makes a receipt and its repeats carry the same id", async () => {
  const { record, answers } = harness();
  const first = await record("a");
  expect(await record("a")).toBe(first);
  expect(await record("a")).toBe(first);
  expect(answers.get(first)).toBe(3);
});

test("repeats that arrive while the first is being written wait for it and carry its id", async () => {
  const { record, answers } = harness();
  const ids = await Promise.all([record("a"), record("a"), record("a")]);
  expect(new Set(ids).size).toBe(1);
  expect(answers.get(ids[0]!)).toBe(3);
});

test("different attempts have different receipts", async () => {
  const { record } = harness();
  expect(await record("a")).not.toBe(await record("b"));
});

test("after its time a window is closed with its exact count and the next refusal makes another receipt", async () => {
  const { record, advance, closed } = harness();
  const first = await record("a");
  await record("a");
  await advance(60_000);
  expect(closed).toEqual([{ rid: first, repeats: 1 }]);
  expect(await record("a")).not.toBe(first);
});

test("a repeat in flight when time is up is in the count", async () => {
  const { record, advance, closed } = harness();
  const first = await record("a");
  const late = record("a");
  await advance(60_000);
  expect(await late).toBe(first);
  expect(closed).toEqual([{ rid: first, repeats: 1 }]);
});

test("when the journal refuses, nobody gets an id and the next attempt starts anew", async () => {
  const { record, journal, windows } = harness();
  journal.failing = true;
  const results = await Promise.allSettled([record("a"), record("a")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected"]);
  expect(windows.open).toBe(0);
  journal.failing = false;
  expect(await record("a")).toMatch(/^receipt-/);
});

test("a window that the journal closed by itself is followed by a new receipt", async () => {
  const { record, open } = harness();
  const first = await record("a");
  open.delete(first);
  const [second, third] = await Promise.all([record("a"), record("a")]);
  expect(second).not.toBe(first);
  expect(third).toBe(second);
});

test("beyond the limit the oldest window closes early", async () => {
  const { record, windows, closed, advance } = harness({ limit: 2 });
  const first = await record("a");
  await record("b");
  await record("c");
  await advance(0);
  expect(windows.open).toBe(2);
  expect(closed.map(({ rid }) => rid)).toEqual([first]);
});

test("beyond the limit whoever has most windows loses one of them, and nobody else does", async () => {
  const { record, windows, closed, advance } = harness({ limit: 10 });
  const quiet = await record("quiet", "globex");
  const flood: string[] = [];
  for (let i = 0; i < 50; i++) flood.push(await record(`flood-${i}`, "mallory"));
  await advance(0);
  expect(windows.open).toBe(10);
  expect(closed.map(({ rid }) => rid)).toEqual(flood.slice(0, 41));
  expect(await record("quiet", "globex")).toBe(quiet);
  // Its own newest attempts are still folded, too.
  expect(await record("flood-49", "mallory")).toBe(flood[49]);
});

test("however tenants take turns, none that has its fair share loses a window", async () => {
  const turn = fc.tuple(fc.constantFrom("a", "b", "c", "d"), fc.nat(30));
  await fc.assert(
    fc.asyncProperty(fc.array(turn, { maxLength: 120 }), async (turns) => {
      const limit = 12;
      const { record, windows, closed, advance } = harness({ limit });
      const asked = new Map<string, Set<string>>();
      const ridOf = new Map<string, string>();
      for (const [tenant, n] of turns) {
        const key = `${tenant}-${n}`;
        asked.set(tenant, (asked.get(tenant) ?? new Set()).add(key));
        ridOf.set(await record(key, tenant), tenant);
      }
      await advance(0);
      expect(windows.open).toBeLessThanOrEqual(limit);
      // A quarter of the limit is anybody's of four.
      for (const [tenant, keys] of asked)
        if (keys.size <= limit / 4) expect(closed.filter(({ rid }) => ridOf.get(rid) === tenant)).toEqual([]);
    }),
    { numRuns: runs(200) },
  );
});

test("closing everything leaves no window and no timer that fires", async () => {
  const { record, windows, closed, advance } = harness();
  await record("a");
  await record("b");
  await windows.closeAll();
  expect(windows.open).toBe(0);
  await advance(120_000);
  expect(closed).toHaveLength(2);
});

test("whatever the order of refusals and time, answers given equal receipts plus their closing counts", async () => {
  const step = fc.oneof(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1_000, max: 40_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const { record, advance, windows, closed } = harness();
      const pending: Promise<string>[] = [];
      for (const next of steps) {
        if (typeof next === "string") pending.push(record(next));
        else await advance(next);
      }
      const answered = await Promise.all(pending);
      await windows.closeAll();
      const counted = closed.reduce((sum, { repeats }) => sum + 1 + repeats, 0);
      expect(counted).toBe(answered.length);
    }),
    { numRuns: runs(200) },
  );
});
