/** A restored object leaves one receipt in every log, whatever happens in between. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { defaultContestSettings } from "../src/admission/contest.ts";
import type { Found } from "../src/admission/installed.ts";
import { openObjects } from "../src/admission/owed.ts";
import type { OwedRestoration } from "../src/admission/remember.ts";
import { createRestorations } from "../src/admission/restorations.ts";
import { maxOwedAgeMs } from "../src/owed/owed.ts";
import { openRemembered } from "../src/remembered.ts";
import { nodeStateDisk } from "../src/state-disk.ts";
import { journalOf, testLedgers } from "./ledgers.ts";

const logs = ["eu-west-1", "us-east-1"];
const key = "ValidatingAdmissionPolicy/companyos-actual-node";
const wanted = "digest of what is wanted";
const contentOf = (digest: string) => `what ${digest} does`;

class Crash extends Error {}

let dir: string;
/** What outlives the process: the object, and the journal. */
let cluster: {
  object: { state: "right" | Found; ids?: string | undefined; does?: string };
  journal: OwedRestoration[];
};
/** Digest of what the operator wants. */
let wants: string;
/** How the API server takes a write: done and answered; done and not answered; done only when the next one comes. */
let way: "answered" | "unanswered" | "delayed";
let underway: (() => void) | undefined;
let ids = 0;
/** Steps until the process dies. */
let left: number;
let dead = false;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "restorations-"));
  cluster = { object: { state: "right" }, journal: [] };
  way = "answered";
  wants = wanted;
  underway = undefined;
  left = Number.POSITIVE_INFINITY;
  await operator();
});
afterEach(() => rm(dir, { recursive: true }));

/** Something that lasts is done. The process may die before it, or after it. */
async function lasting<T>(act: () => T | Promise<T>): Promise<T> {
  const dies = (when: string) => {
    dead ||= left-- === 0;
    if (dead) throw new Crash(when);
  };
  dies("before");
  const result = await act();
  dies("after");
  return result;
}

/** One life of the operator: from its start until the object is right and recorded, or it dies. */
async function operator(tries = 1): Promise<void> {
  dead = false;
  const journal = journalOf(({ rid, region, at, disclosable }) => {
    const { why } = disclosable.details as { why: Found };
    return lasting(() => void cluster.journal.push({ log: region, rid, at, why }));
  });
  const disk = {
    ...nodeStateDisk,
    replace: async (path: string, text: string) => {
      const file = await nodeStateDisk.replace(path, text);
      return { ...file, append: (line: string) => lasting(() => file.append(line)) };
    },
  };
  const { ledgers } = testLedgers({ dir, journal, logs: new Set(logs), disk, now: () => 1_700_000_000_000 });
  const remembered = await openObjects(ledgers, "c", () => 1_700_000_000_000);
  const restorations = createRestorations({
    remembered,
    logs,
    contests: { ...defaultContestSettings, pauseMs: 0, calmMs: 0 },
    now: () => 1_700_000_000_000,
    newId: () => `receipt-${++ids}`,
  });
  const repair = () => {
    const { state, does = contentOf(wanted) } = cluster.object;
    if (state === "right" && does === contentOf(wants)) return undefined;
    const write = (receipts: string | undefined) =>
      lasting(() => {
        const done = () => {
          cluster.object = { state: "right", ids: receipts ?? cluster.object.ids, does: contentOf(wants) };
        };
        if (underway) {
          underway();
          throw new Error("conflict");
        }
        if (way === "delayed") {
          underway = done;
          throw new Error("timed out");
        }
        done();
        if (way === "unanswered") throw new Error("no answer");
        return true;
      });
    return { found: state === "right" ? ("changed" as const) : state, content: () => does, write };
  };
  const reconcile = async () => {
    await restorations.restore({
      key,
      digest: wants,
      content: () => contentOf(wants),
      repair,
      restoredUnder: async () => (cluster.object.state === "missing" ? undefined : cluster.object.ids),
    });
    await remembered.send(key);
  };
  try {
    for (let i = 1; i < tries; i++) await reconcile().catch(() => {});
    await reconcile();
  } catch (error) {
    if (!(error instanceof Crash)) throw error;
  } finally {
    await ledgers.close();
  }
}

const tampered = (state: Found) => {
  cluster.object = state === "missing" ? { state } : { ...cluster.object, state, does: "something else" };
};
const told = (log: string) => cluster.journal.filter((owed) => owed.log === log).map(({ rid }) => rid);
const distinct = (log: string) => [...new Set(told(log))];

/** How many places there are to die in a whole restoration. */
async function steps(state: Found): Promise<number> {
  tampered(state);
  left = 1_000;
  await operator();
  const count = 1_000 - left;
  left = Number.POSITIVE_INFINITY;
  cluster.journal = [];
  return count;
}

describe.each<Found>(["missing", "changed"])("an object that was found %s", (state) => {
  test("leaves one receipt in every log, once", async () => {
    tampered(state);
    await operator();
    await operator();
    for (const log of logs) expect(told(log)).toHaveLength(1);
    expect(cluster.journal.every(({ why }) => why === state)).toBe(true);
    expect(cluster.object).toMatchObject({
      state: "right",
      ids: cluster.journal.map(({ rid }) => rid).join(),
    });
  });

  test("leaves one in every log wherever the operator dies, and dies again", async () => {
    const count = await steps(state);
    expect(count).toBeGreaterThan(10);
    for (let first = 0; first < count; first++) {
      for (const second of [0, 1, 3, Number.POSITIVE_INFINITY]) {
        cluster.journal = [];
        tampered(state);
        left = first;
        await operator();
        left = second;
        await operator();
        left = Number.POSITIVE_INFINITY;
        await operator();
        expect(cluster.object.state).toBe("right");
        for (const log of logs) {
          // Repeated only under its own id, when it was journaled and not yet crossed off.
          expect([first, second, log, distinct(log).length]).toEqual([first, second, log, 1]);
          expect(told(log).length).toBeLessThanOrEqual(second === Number.POSITIVE_INFINITY ? 2 : 3);
        }
      }
    }
  });

  test("and that somebody else restored after a crash leaves one exactly if the operator had been first", async () => {
    const count = await steps(state);
    let none = 0;
    for (let first = 0; first < count; first++) {
      cluster.journal = [];
      tampered(state);
      left = first;
      await operator();
      left = Number.POSITIVE_INFINITY;
      const wasFirst = cluster.object.state === "right";
      if (!wasFirst) {
        cluster.object = { ...cluster.object, state: "right", does: contentOf(wants) };
        none += 1;
      }
      await operator();
      for (const log of logs) expect([first, distinct(log).length]).toEqual([first, wasFirst ? 1 : 0]);
      // Nothing of it is left over for the next time.
      cluster.journal = [];
      tampered(state);
      await operator();
      for (const log of logs) expect([first, told(log).length]).toEqual([first, 1]);
    }
    expect(none).toBeGreaterThan(1);
  });

  test("and whose restoration was never answered leaves one: the object itself tells that it happened", async () => {
    tampered(state);
    way = "unanswered";
    await operator(2);
    for (const log of logs) expect(told(log)).toHaveLength(1);
  });

  test("and whose restoration comes about after it was given up leaves one, under the ids of that try", async () => {
    tampered(state);
    way = "delayed";
    await operator(3);
    for (const log of logs) expect(told(log)).toHaveLength(1);
    expect(cluster.object.ids).toBe(cluster.journal.map(({ rid }) => rid).join());
  });
});

test("restorations one after the other have receipts of their own", async () => {
  for (const state of ["missing", "changed", "changed", "missing"] as const) {
    tampered(state);
    await operator();
  }
  for (const log of logs) expect(distinct(log)).toHaveLength(4);
});

test("an object deleted again before anybody could see what came of a restoration leaves one receipt for both", async () => {
  tampered("missing");
  // Dies once the object is written: set (2 steps), and before the answer is noted.
  left = 3;
  await operator();
  expect(cluster.object.state).toBe("right");
  left = Number.POSITIVE_INFINITY;
  tampered("missing");
  await operator();
  for (const log of logs) expect(told(log)).toHaveLength(1);
});

test("one tampered with again before anybody could see what came of a restoration leaves one receipt for each", async () => {
  tampered("changed");
  left = 3;
  await operator();
  expect(cluster.object.state).toBe("right");
  left = Number.POSITIVE_INFINITY;
  tampered("changed");
  await operator();
  for (const log of logs) expect(distinct(log)).toHaveLength(2);
});

describe("what is wanted changes", () => {
  test("and nobody changed the object: it is updated, which is nobody's doing", async () => {
    for (const next of ["two", "three", wanted]) {
      wants = next;
      await operator();
      expect(cluster.object.does).toBe(contentOf(next));
    }
    expect(cluster.journal).toEqual([]);
  });

  test("in the moment in which somebody changes the object, or deletes it: one receipt in every log", async () => {
    for (const state of ["changed", "missing"] as const) {
      cluster.journal = [];
      tampered(state);
      wants = `after ${state}`;
      await operator();
      expect(cluster.object.does).toBe(contentOf(wants));
      for (const log of logs) expect([state, told(log).length]).toEqual([state, 1]);
      expect(cluster.journal.every(({ why }) => why === state)).toBe(true);
    }
  });

  test("again after the operator died while it wrote: what it had written is its own", async () => {
    for (let first = 0; first < 8; first++)
      for (let second = 0; second < 8; second++) {
        wants = `${first} ${second}, one`;
        left = first;
        await operator();
        wants = `${first} ${second}, two`;
        left = second;
        await operator();
        wants = first % 2 === 0 ? `${first} ${second}, three` : `${first} ${second}, one`;
        left = Number.POSITIVE_INFINITY;
        await operator();
        expect([first, second, cluster.object.does]).toEqual([first, second, contentOf(wants)]);
        expect([first, second, cluster.journal]).toEqual([first, second, []]);
      }
  });

  test("and what earlier releases remember does not tell: that counts as an update, and from then on it does", async () => {
    const remembered = await openRemembered<object>(join(dir, "admission.jsonl"));
    await remembered.set(key, { digest: wanted });
    await remembered.close();
    tampered("changed");
    wants = "two";
    await operator();
    expect(cluster.journal).toEqual([]);
    tampered("changed");
    wants = "three";
    await operator();
    for (const log of logs) expect(told(log)).toHaveLength(1);
  });
});

test("what an earlier version still owed is recorded, except to a region that was taken out", async () => {
  const remembered = await openRemembered<object>(join(dir, "admission.jsonl"));
  const unrecorded = [...logs, "ap-south-1"].map((log) => ({
    log,
    rid: `of-${log}`,
    why: "missing" as const,
  }));
  await remembered.set(key, { digest: wanted, unrecorded });
  await remembered.close();
  await operator();
  expect(cluster.journal.map(({ rid }) => rid)).toEqual(["of-eu-west-1", "of-us-east-1"]);
});

test("what is given up while an object is being restored is not owed again by that restoration", async () => {
  let time = 1_700_000_000_000;
  const sent: string[] = [];
  const journal = journalOf(async ({ rid }) => void sent.push(rid));
  const { ledgers, metric } = testLedgers({ dir, journal, logs: new Set(logs), now: () => time });
  const remembered = await openObjects(ledgers, "c", () => time);
  let drawn = 0;
  const newId = () => `of-this-life-${++drawn}`;
  const restorations = createRestorations({
    remembered,
    logs,
    contests: defaultContestSettings,
    now: () => time,
    newId,
  });
  const restored = (write: () => Promise<boolean>) =>
    restorations.restore({
      key,
      digest: wanted,
      content: () => contentOf(wanted),
      repair: () => ({ found: "missing", content: () => "", write }),
      restoredUnder: async () => undefined,
    });
  await restored(async () => true);
  const old = Array.from(remembered.owed(), ({ rid }) => rid);
  expect(old).toHaveLength(logs.length);
  time += maxOwedAgeMs + 1;
  await restored(async () => {
    await ledgers.opened();
    return true;
  });
  await remembered.send(key);
  expect(sent).toHaveLength(logs.length);
  for (const rid of old) expect(sent).not.toContain(rid);
  const given = await metric("residency_receipts_given_up_total");
  expect(given).toContain(`{type="policy.changed"} ${logs.length}`);
  await ledgers.close();
});

test.each<Found>(["missing", "changed"])(
  "an object found %s is restored also while nothing can be written down, and that leaves its receipts once it can be",
  async (found) => {
    let isFull = false;
    const full = () => Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC" }));
    const disk = {
      ...nodeStateDisk,
      replace: async (path: string, text: string) => {
        const file = await nodeStateDisk.replace(path, text);
        return { ...file, append: (line: string) => (isFull ? full() : file.append(line)) };
      },
    };
    const sent: unknown[] = [];
    const journal = journalOf(
      async ({ region, disclosable }) => void sent.push([region, disclosable.details]),
    );
    const now = () => 1_700_000_000_000;
    const { ledgers } = testLedgers({ dir, journal, logs: new Set(logs), disk, now });
    const remembered = await openObjects(ledgers, "c", now);
    const newId = () => `receipt-${++ids}`;
    const contests = { ...defaultContestSettings, pauseMs: 0 };
    const restorations = createRestorations({ remembered, logs, contests, now, newId });
    let state: "right" | Found = "right";
    const restore = () =>
      restorations.restore({
        key,
        digest: wanted,
        content: () => contentOf(wanted),
        repair: () => {
          if (state === "right") return undefined;
          const write = async () => {
            state = "right";
            return true;
          };
          return { found: state, content: () => "something else", write };
        },
        restoredUnder: async () => undefined,
      });
    await restore();
    isFull = true;
    state = found;
    expect(await restore()).toMatchObject({
      state: "written",
      tampered: true,
      unwritten: { error: { code: "ENOSPC" } },
    });
    expect(await restore()).toMatchObject({ state: "right", unwritten: { error: { code: "ENOSPC" } } });
    expect([...remembered.owing()]).toEqual([]);
    isFull = false;
    for (let i = 0; i < 2; i++) {
      expect(await restore()).toMatchObject({ state: "right", unwritten: undefined });
      await remembered.send(key);
    }
    expect(sent).toEqual(logs.map((log) => [log, expect.objectContaining({ why: found })]));
    await ledgers.close();
  },
);
