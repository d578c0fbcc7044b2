/** Somebody who undoes what the operator restores: writes and receipts come to rest, and nothing goes uncounted. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ReceiptEvent } from "@companyos/receipts";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type ContestSettings, defaultContestSettings, pauseAfter } from "../src/admission/contest.ts";
import type { Found } from "../src/admission/installed.ts";
import { openObjects } from "../src/admission/owed.ts";
import { createRestorations } from "../src/admission/restorations.ts";
import { journalOf, testLedgers } from "./ledgers.ts";

const logs = ["eu-west-1", "us-east-1"];
const key = "ValidatingWebhookConfiguration/companyos-residency";
const [second, minute, hour] = [1_000, 60_000, 3_600_000];

let dir: string;
let time: number;
let receipts: ReceiptEvent[];
let object: { state: "right" | Found; mark?: string | undefined };
/** Digest of what is wanted. */
let wanted: string;
/** When it was restored. */
let writes: number[];
let ids = 0;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "contest-"));
  time = 1_700_000_000_000;
  receipts = [];
  object = { state: "right" };
  wanted = "what is wanted";
  writes = [];
  // As it should be once: what is wrong from here on is somebody's doing.
  await operator(async (reconcile) => void (await reconcile()));
});
afterEach(() => rm(dir, { recursive: true }));

/** One life of the operator. `dies`: at the write, after it was done or before. */
async function operator(
  act: (reconcile: () => Promise<number | undefined>) => Promise<void>,
  { told = logs, dies }: { told?: readonly string[]; dies?: "before" | "after" } = {},
): Promise<void> {
  const journal = journalOf(async (event) => void receipts.push(event));
  const { ledgers } = testLedgers({ dir, journal, logs: new Set(told), now: () => time });
  const remembered = await openObjects(ledgers, "c", () => time);
  const restorations = createRestorations({
    remembered,
    logs: told,
    contests: defaultContestSettings,
    now: () => time,
    newId: () => `receipt-${++ids}`,
  });
  const write = async (mark: string | undefined) => {
    if (dies === "before") throw new Error("killed");
    writes.push(time);
    object = { state: "right", mark: mark ?? object.mark };
    if (dies === "after") throw new Error("killed");
    return true;
  };
  const reconcile = async () => {
    const { againMs } = await restorations.restore({
      key,
      digest: wanted,
      content: () => wanted,
      repair: () =>
        object.state === "right" ? undefined : { found: object.state, content: () => "somebody's", write },
      restoredUnder: async () => object.mark,
    });
    await remembered.send(key);
    return againMs;
  };
  await act(reconcile).catch((error: Error) => expect(error.message).toBe("killed"));
  await ledgers.close();
}

/** Reconciles whenever something is to be done, for so long; `undo` changes the object back as soon as it is right. */
async function pass(ms: number, reconcile: () => Promise<number | undefined>, undo?: Found): Promise<void> {
  const end = time + ms;
  for (;;) {
    if (undo && object.state === "right") object.state = undo;
    const again = (await reconcile()) ?? Number.POSITIVE_INFINITY;
    if (undo && object.state === "right" && undo === "changed") continue;
    if (time + again > end) break;
    time += Math.max(1, again);
  }
  time = end;
}

const of = (log: string) => receipts.filter(({ region }) => region === log);
const counted = (log: string) => of(log).reduce((sum, { count }) => sum + count, 0);

describe("an object that is changed back as soon as it is restored", () => {
  test("is restored at once, then after pauses that double up to five minutes", async () => {
    await operator((reconcile) => pass(hour, reconcile, "changed"));
    const pauses = writes.slice(1).map((at, i) => (at - writes[i]!) / second);
    expect(pauses.slice(0, 10)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 300]);
    expect(new Set(pauses.slice(9))).toEqual(new Set([300]));
    expect(writes.length).toBeLessThan(25);
  });

  test("is put right at once, and counted, where something else is wanted meanwhile", async () => {
    await operator(async (reconcile) => {
      await pass(2 * minute, reconcile, "changed");
      const before = writes.length;
      object.state = "changed";
      expect(await reconcile()).toBeGreaterThan(second);
      expect(writes).toHaveLength(before);
      wanted = "something else";
      await reconcile();
      expect(writes).toHaveLength(before + 1);
      await pass(hour, reconcile);
    });
    for (const log of logs) expect(counted(log)).toBe(writes.length);
  });

  test("leaves one receipt in every log at first, and one that counts the rest when it is over", async () => {
    await operator(async (reconcile) => {
      await pass(2 * minute, reconcile, "changed");
      for (const log of logs) expect(of(log)).toHaveLength(1);
      object = { ...object, state: "right" };
      await pass(hour, reconcile);
    });
    for (const log of logs) {
      const [first, closing, ...more] = of(log);
      expect(more).toEqual([]);
      expect(first).toMatchObject({ reason: "ADMISSION_RESTORED", count: 1 });
      expect(closing).toMatchObject({
        reason: "ADMISSION_RESTORED",
        op: "UPDATE",
        count: writes.length - 1,
        disclosable: { details: { why: "changed", repeats: first!.rid } },
      });
    }
  });

  test("is not kept from the logs for more than an hour", async () => {
    await operator((reconcile) => pass(3 * hour, reconcile, "changed"));
    for (const log of logs) {
      expect(of(log).length).toBe(1 + 2);
      expect(counted(log)).toBeGreaterThan(writes.length - 15);
    }
  });

  test("is restored at once again when it was left alone for a while", async () => {
    await operator(async (reconcile) => {
      await pass(10 * second, reconcile, "changed");
      object = { ...object, state: "right" };
      await pass(hour, reconcile);
      const [before, told] = [writes.length, of(logs[0]!).length];
      object.state = "changed";
      await reconcile();
      expect(writes).toHaveLength(before + 1);
      for (const log of logs) expect(of(log)).toHaveLength(told + 1);
    });
  });

  test("is paced over restarts too, and where no log is told", async () => {
    for (let life = 0; life < 60; life++) {
      object.state = "changed";
      await operator(async (reconcile) => void (await reconcile()), { told: [] });
      time += second;
    }
    expect(writes.length).toBeLessThan(8);
    expect(receipts).toEqual([]);
  });

  test("is restored at once when the clock was set back, and pauses go on from there", async () => {
    await operator(async (reconcile) => {
      await pass(10 * second, reconcile, "changed");
      time -= 24 * hour;
      const before = writes.length;
      await reconcile();
      expect(writes.slice(before)).toEqual([time]);
      object.state = "changed";
      expect(await reconcile()).toBe(pauseAfter(writes.length, defaultContestSettings));
    });
  });
});

test("what is deleted again and again is restored at once each time, and counted", async () => {
  await operator(async (reconcile) => {
    for (let i = 0; i < 10; i++) {
      object.state = "missing";
      await reconcile();
    }
    expect(writes).toEqual(Array(10).fill(time));
    await pass(hour, reconcile);
  });
  for (const log of logs) expect(of(log).map(({ count }) => count)).toEqual([1, 9]);
});

test("a receipt counts what it is true of: deletions and changes apart", async () => {
  await operator(async (reconcile) => {
    for (const state of ["missing", "changed", "missing"] as const) {
      object.state = state;
      await pass(10 * second, reconcile);
    }
    await pass(hour, reconcile);
  });
  for (const log of logs)
    expect(of(log).map(({ op, count }) => [op, count])).toEqual([
      ["DELETE", 1],
      ["UPDATE", 1],
      ["DELETE", 1],
    ]);
});

describe.each(["before", "after"] as const)("an operator that dies %s it restored a repeat", (dies) => {
  test("counts each restoration once", async () => {
    await operator(async (reconcile) => {
      object.state = "missing";
      await reconcile();
    });
    for (let i = 0; i < 3; i++) {
      object.state = "missing";
      await operator(async (reconcile) => void (await reconcile()), { dies });
    }
    await operator((reconcile) => pass(hour, reconcile));
    for (const log of logs) expect([counted(log), of(log).length]).toEqual([writes.length, 2]);
  });
});

test("the settings are what the documents say", () => {
  const settings: ContestSettings = defaultContestSettings;
  expect(settings).toEqual({ pauseMs: second, longestPauseMs: 5 * minute, calmMs: minute, countMs: hour });
});
