/** What a controller owes to logs is in each of them once, whatever fails and wherever the process dies. */
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openOutbox } from "@companyos/outbox";
import { crashDisk } from "@companyos/outbox/testing/crash-disk";
import { Peer, timeoutMs } from "@companyos/outbox/testing/peer";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { createLogger } from "@companyos/service";
import { explored } from "@companyos/test/explored";
import { mountSmallDisk, smallDisks, unmountSmallDisk } from "@companyos/test/faults/small-disk";
import { until } from "@companyos/test/until";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { givingUp } from "../src/owed/given-up.ts";
import type { OwedJournal } from "../src/owed/ledger.ts";
import {
  bounded,
  crossedOff,
  maxOwed,
  maxOwedAgeMs,
  maxOwedInAll,
  type Owed,
  owing,
} from "../src/owed/owed.ts";
import { nodeStateDisk, type StateDisk } from "../src/state-disk.ts";
import { journalOf, testLedgers } from "./ledgers.ts";

const [eu, us, ap] = ["eu-west-1", "us-east-1", "ap-south-1"] as const;
const now = 1_800_000_000_000;
const rid = (n: number) => `01990000-0000-7000-8000-${n.toString(16).padStart(12, "0")}`;
const receipts = (count: number, from = 0): Owed[] =>
  Array.from({ length: count }, (_, i) => ({ log: eu, rid: rid(from + i), at: now }));

test("what is owed is kept oldest first up to a limit, and what the limit costs is known", () => {
  const full = owing({}, receipts(maxOwed));
  expect(bounded(full, now)).toEqual({ kept: full, lost: [] });
  const { kept, lost } = bounded(owing(full, receipts(2, maxOwed)), now);
  expect(lost).toEqual(receipts(2));
  expect(kept).toEqual({ owed: receipts(maxOwed, 2) });
  expect(crossedOff(kept, rid(2))).toEqual({ owed: receipts(maxOwed - 1, 3) });
});

test("what waited too long is given up, and nothing younger", () => {
  const [old, young] = receipts(2);
  const entry = { owed: [old!, { ...young!, at: now + 1 }] };
  expect(bounded(entry, now + maxOwedAgeMs)).toEqual({ kept: entry, lost: [] });
  const { kept, lost } = bounded(entry, now + maxOwedAgeMs + 1);
  expect([kept.owed, lost]).toEqual([[entry.owed[1]], [old]]);
});

test("what is given up is counted by its type and logged with whose it was; nothing is not", async () => {
  const lines: string[] = [];
  const log = createLogger({ role: "operator", write: (line) => void lines.push(line) });
  const registry = new Registry();
  const giveUp = givingUp(registry);
  giveUp(0, { type: "policy.changed", log, of: "acme" });
  expect(lines).toEqual([]);
  giveUp(2, { type: "policy.changed", log, of: "acme" });
  giveUp(1, { type: "policy.changed", log, of: "acme" });
  expect(await registry.getSingleMetricAsString("residency_receipts_given_up_total")).toContain(
    'residency_receipts_given_up_total{type="policy.changed"} 3',
  );
  expect(lines.map((line) => JSON.parse(line))).toMatchObject([
    { level: "error", of: "acme", lost: 2 },
    { level: "error", of: "acme", lost: 1 },
  ]);
});

// A controller that counts something, and tells every log of each step.

interface Counted {
  readonly n: number;
  readonly owed?: readonly OwedStep[];
}
interface OwedStep extends Owed {
  readonly n: number;
}

const told = (key: string, { log, rid, at, n }: OwedStep): ReceiptEvent =>
  receiptEvent("policy.changed", {
    rid,
    at,
    cluster: "c",
    region: log,
    reason: "PLAN_CHANGED",
    kind: "Tenant",
    disclosable: { rid, name: key, details: { n } },
  });

async function counting(options: {
  dir: string;
  journal: OwedJournal;
  logs: readonly string[];
  disk?: StateDisk;
  now?: () => number;
  write?: (line: string) => void;
  reserveBytes?: number;
}) {
  const { logs, ...given } = options;
  const { ledgers, metric } = testLedgers({ now: () => now, ...given, logs: new Set(logs) });
  const ledger = await ledgers.open<Counted, OwedStep>("counted", { event: told });
  let drawn = 0;
  /** Remembers the next number of `key`, and owes `to` that. */
  const step = (key: string, to: readonly string[]) =>
    ledger.change(key, (known) => {
      const n = (known?.n ?? 0) + 1;
      const more = to.map((log) => ({ log, rid: rid(n * 256 + drawn++), at: now, n }));
      return { state: { n }, owes: more };
    });
  return { ledgers, ledger, metric, step };
}

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "owed-"));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

/** Journals in memory that may be full; they do what the real ones do with a receipt they have. */
function journals() {
  const taken: ReceiptEvent[] = [];
  const full = new Set<string>();
  const tried: string[] = [];
  const journal = journalOf(async (event) => {
    tried.push(event.region);
    if (full.has(event.region)) throw new Error(`${event.region} is full`);
    if (!taken.some((one) => one.rid === event.rid)) taken.push(event);
  });
  const logs = () => taken.map(({ region }) => region);
  return { journal, taken, full, tried, logs };
}

test("what one log refuses does not keep the others from theirs, and is what remains", async () => {
  const { journal, full, logs } = journals();
  const { ledger, ledgers, step } = await counting({ dir, journal, logs: [eu, us, ap] });
  await step("acme", [eu, us, ap]);
  full.add(us);
  await expect(ledger.send("acme")).rejects.toThrow("us-east-1 is full");
  expect([logs(), ledger.get("acme")?.owed?.map(({ log }) => log)]).toEqual([[eu, ap], [us]]);
  full.clear();
  await ledger.send("acme");
  expect([logs(), ledger.get("acme")]).toEqual([[eu, ap, us], { n: 1 }]);
  await ledgers.close();
});

test("the first refusal is what is told, after every log was tried; each has its receipts in order", async () => {
  const { journal, full, tried, taken } = journals();
  const { ledger, ledgers, step } = await counting({ dir, journal, logs: [eu, us, ap] });
  for (const log of [eu, us, ap]) full.add(log);
  await step("acme", [eu, us, ap]);
  await step("acme", [eu, us, ap]);
  await expect(ledger.send("acme")).rejects.toThrow("eu-west-1 is full");
  // The second of a log does not go before the first.
  expect(tried).toEqual([eu, us, ap]);
  full.clear();
  await ledger.send("acme");
  for (const log of [eu, us, ap]) {
    const its = taken.filter(({ region }) => region === log);
    expect(its.map(({ disclosable }) => disclosable.details)).toEqual([{ n: 1 }, { n: 2 }]);
  }
  await ledgers.close();
});

test("a failure at the second log does not tell the first one twice, nor under another id", async () => {
  const { journal, full, taken } = journals();
  const { ledger, ledgers, step } = await counting({ dir, journal, logs: [eu, us] });
  full.add(us);
  await step("acme", [eu, us]);
  for (let tries = 0; tries < 3; tries++) await expect(ledger.send("acme")).rejects.toThrow("full");
  full.clear();
  await ledger.send("acme");
  expect(taken.map(({ region }) => region)).toEqual([eu, us]);
  await ledgers.close();
});

test("a log without a notary is owed, and says so, until it has one", async () => {
  const { journal, logs } = journals();
  const time = { now };
  const before = await counting({ dir, journal, logs: [eu], now: () => time.now });
  await before.step("node-1", [eu, us]);
  await before.ledger.send("node-1");
  expect(logs()).toEqual([eu]);
  time.now += 60_000;
  expect(await before.metric("residency_receipts_owed")).toContain('{region="us-east-1"} 1');
  expect(await before.metric("residency_receipts_owed_oldest_seconds")).toContain('{region="us-east-1"} 60');
  await before.ledgers.close();
  const after = await counting({ dir, journal, logs: [eu, us], now: () => time.now });
  expect([...after.ledger.owing()]).toEqual(["node-1"]);
  await after.ledger.send("node-1");
  expect(logs()).toEqual([eu, us]);
  expect(await after.metric("residency_receipts_owed")).toContain('{region="us-east-1"} 0');
  await after.ledgers.close();
});

test("one that never gets a notary is owed no more than so much, for so long: the rest is given up and told", async () => {
  const { journal } = journals();
  const time = { now };
  const { ledger, ledgers, metric, step } = await counting({ dir, journal, logs: [], now: () => time.now });
  const givenUp = async () =>
    Array.from((await metric("residency_receipts_given_up_total")).matchAll(/\} (\d+)/g), ([, n]) =>
      Number(n),
    ).reduce((sum, n) => sum + n);
  for (let i = 0; i < maxOwed + 3; i++) await step("acme", [us]);
  expect([ledger.get("acme")?.owed?.length, await givenUp()]).toEqual([maxOwed, 3]);
  const keys = Array.from({ length: maxOwedInAll - maxOwed }, (_, i) => `key-${i}`);
  await Promise.all(keys.map((key) => step(key, [us])));
  expect(await givenUp()).toBe(3);
  await step("one more", [us]);
  // The oldest, some at a time.
  expect([ledger.get("acme"), ledger.get("one more")?.owed?.length]).toEqual([{ n: maxOwed + 3 }, 1]);
  const left = [...ledger.owed()].length;
  expect(left).toBeLessThan(maxOwedInAll);
  expect(await givenUp()).toBe(3 + maxOwedInAll + 1 - left);
  time.now += maxOwedAgeMs + 1;
  await ledgers.opened();
  expect([...ledger.owing()]).toEqual([]);
  expect(await givenUp()).toBe(3 + maxOwedInAll + 1);
  await ledgers.close();
}, 60_000);

test("a change that could not be written has not happened, and owes nothing", async () => {
  const { journal, logs } = journals();
  const broken = { is: false };
  const disk: StateDisk = {
    ...nodeStateDisk,
    async replace(path, text) {
      const file = await nodeStateDisk.replace(path, text);
      const sync = () => (broken.is ? Promise.reject(new Error("EIO")) : file.sync());
      return { ...file, sync };
    },
  };
  const { ledger, ledgers, step } = await counting({ dir, journal, logs: [eu], disk });
  await step("acme", []);
  broken.is = true;
  await expect(step("acme", [eu])).rejects.toThrow("EIO");
  expect([ledger.get("acme"), [...ledger.owing()]]).toEqual([{ n: 1 }, []]);
  await ledger.send("acme");
  expect(logs()).toEqual([]);
  broken.is = false;
  await step("acme", [eu]);
  await ledger.send("acme");
  expect([ledger.get("acme"), logs()]).toEqual([{ n: 2 }, [eu]]);
  await ledgers.close();
});

test("what a change leaves out stays owed, and what it brings back from before is not owed again", async () => {
  const { journal, logs } = journals();
  const { ledger, ledgers, step } = await counting({ dir, journal, logs: [eu, us] });
  await step("acme", [eu, us]);
  const before = ledger.get("acme")!;
  await ledger.change("acme", () => ({ state: { n: 7 } }));
  expect(ledger.get("acme")).toEqual({ ...before, n: 7 });
  await ledger.send("acme");
  await ledger.change("acme", () => ({ state: before }));
  await ledger.send("acme");
  expect([ledger.get("acme"), logs()]).toEqual([{ n: 1 }, [eu, us]]);
  await ledgers.close();
});

test("an entry is dropped with what it owes, unless it is another by then", async () => {
  const { journal } = journals();
  const { ledger, ledgers, metric, step } = await counting({ dir, journal, logs: [] });
  await step("acme", [eu]);
  const changing = step("acme", []);
  await ledger.drop("acme", ({ n }) => n === 1);
  await changing;
  expect(ledger.get("acme")).toMatchObject({ n: 2, owed: [{ log: eu }] });
  await ledger.drop("acme");
  expect(ledger.get("acme")).toBeUndefined();
  expect(await metric("residency_receipts_given_up_total")).toContain('{type="policy.changed"} 1');
  await ledgers.close();
});

test("a file with lines that are no entries costs those, is counted, and keeps nobody from leading", async () => {
  const { journal, logs } = journals();
  const good = { n: 1, owed: [{ log: eu, rid: rid(1), at: now, n: 1 }] };
  const bad = [null, 7, { n: 1, owed: {} }, { n: 1, owed: [null] }, { n: 1, owed: [{ log: eu }] }];
  const lines = [["acme", good], ...bad.map((value, i) => [`bad-${i}`, value])];
  await writeFile(join(dir, "counted.jsonl"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  const { ledger, ledgers, metric } = await counting({ dir, journal, logs: [eu] });
  expect([...ledger.entries()]).toEqual([["acme", good]]);
  expect(await metric("residency_state_lines_damaged_total")).toContain('{controller="counted"} 5');
  await ledger.send("acme");
  expect(logs()).toEqual([eu]);
  await ledgers.close();
});

test("a change is durable though what is too much cannot be given up: that is told, and tried again", async () => {
  const { journal } = journals();
  const broken = { is: false };
  const disk: StateDisk = {
    ...nodeStateDisk,
    async replace(path, text) {
      const file = await nodeStateDisk.replace(path, text);
      const append = (line: string) =>
        // Entries that owe nothing more are those that are given up.
        broken.is && !line.includes("owed") ? Promise.reject(new Error("EIO")) : file.append(line);
      return { ...file, append };
    },
  };
  const lines: string[] = [];
  const options = { dir, journal, logs: [], disk, write: (line: string) => void lines.push(line) };
  const { ledger, ledgers, metric, step } = await counting(options);
  await Promise.all(Array.from({ length: maxOwedInAll }, (_, i) => step(`key-${i}`, [us])));
  broken.is = true;
  await step("one more", [us]);
  expect(ledger.get("one more")?.owed).toHaveLength(1);
  expect(lines.join()).toContain("cannot be given up yet");
  expect(await metric("residency_receipts_given_up_total")).not.toMatch(/\} [1-9]/);
  broken.is = false;
  await step("another", [us]);
  expect([...ledger.owed()].length).toBeLessThan(maxOwedInAll);
  await ledgers.close();
}, 60_000);

(smallDisks ? test : test.skip)(
  "on a full disk nothing comes to be owed, and what is owed is crossed off: only then the journal lets go of it",
  async () => {
    const small = join(dir, "small");
    await mkdir(small);
    mountSmallDisk(small, "4m");
    try {
      const filler = join(small, "filler");
      const fill = () => appendFile(filler, Buffer.alloc(8 << 20)).catch(() => {});
      const crossed: string[] = [];
      // Once: the room that is lent then is nobody else's.
      let filled: Promise<void> | undefined;
      const append = async () => {
        filled ??= fill();
        await filled;
      };
      const journal = {
        ...journalOf(append),
        crossedOff: ({ rid }: { rid: string }) => void crossed.push(rid),
      };
      const options = { dir: small, journal, logs: [eu], reserveBytes: 1 << 20 };
      const first = await counting(options);
      for (let i = 0; i < 40; i++) await first.step("acme", [eu]);
      await first.ledger.send("acme");
      expect([first.ledger.get("acme"), crossed.length]).toEqual([{ n: 40 }, 40]);
      await fill();
      await expect(first.step("acme", [eu])).rejects.toMatchObject({ code: "ENOSPC" });
      await first.ledgers.close();
      // Who starts on it: the same, until there is room.
      const second = await counting(options);
      expect(second.ledger.get("acme")).toEqual({ n: 40 });
      await expect(second.step("acme", [eu])).rejects.toMatchObject({ code: "ENOSPC" });
      await rm(filler);
      await until("it goes on", () => second.step("acme", []).then(() => true));
      expect(await readdir(small)).toContain("reserve");
      await second.ledgers.close();
    } finally {
      unmountSmallDisk(small);
    }
  },
);

// The same with journals on a disk, and a process that dies.

let peers: Peer[];
let keysDir: string;
beforeAll(async () => {
  keysDir = await mkdtemp(join(tmpdir(), "owed-keys-"));
  peers = await Promise.all([eu, us].map((region) => Peer.open(region, join(keysDir, region))));
});
afterAll(async () => {
  await Promise.all(peers.map((peer) => peer.stop()));
  await rm(keysDir, { recursive: true });
});

interface Death {
  /** Number of the operation, of either disk, from 1. */
  readonly at: number;
  /** It is carried out, but nobody hears of it. */
  readonly after: boolean;
}

/** A real journal that sends to the peers. */
async function outboxIn(folder: string, disk?: ReturnType<typeof crashDisk>["disk"]) {
  const regions = await Promise.all(
    peers.map(
      async ({ region, url, keys }) => [region, { url, publicKey: await keys.publicJwk("journal") }] as const,
    ),
  );
  const silent = { info: () => {}, warn: () => {}, error: () => {} };
  return openOutbox(
    {
      dir: join(folder, "outbox"),
      cluster: "c",
      regions: Object.fromEntries(regions),
      ca: () => undefined,
      token: () => "token",
      log: silent,
      faults: () => {},
      limits: { segmentBytes: 1, backoffMs: 20 },
    },
    { slots: 64, ...(disk && { disk }) },
  );
}

/** One life of a controller over both disks: three steps, each owed to two logs, until it is done or dies. */
async function life(folder: string, death: Death | undefined): Promise<number> {
  const shared = crashDisk(death && { ...death, lossy: false });
  const outbox = await outboxIn(folder, shared.disk).catch(() => undefined);
  if (outbox === undefined) return shared.operations.length;
  // The state's disk is the same disk: it dies with it.
  const operation = shared.operation;
  const disk: StateDisk = {
    ...nodeStateDisk,
    replace: (path, text) =>
      operation("state replace", async () => {
        const file = await nodeStateDisk.replace(path, text);
        if (shared.isDead()) await file.close();
        return {
          ...file,
          append: (line) => operation("state append", () => file.append(line)),
          sync: () => operation("state sync", () => file.sync()),
        };
      }),
  };
  try {
    const { ledger, ledgers, step } = await counting({ dir: folder, journal: outbox, logs: [eu, us], disk });
    try {
      for (let n = (ledger.get("acme")?.n ?? 0) + 1; n <= 3; n++) {
        await ledger.send("acme");
        await step("acme", [eu, us]);
      }
      await ledgers.opened();
      await ledger.send("acme");
    } finally {
      await ledgers.close();
    }
    if (death === undefined) expect(await outbox.flush(timeoutMs)).toBe(true);
  } catch (error) {
    if (!shared.isDead()) throw error;
  } finally {
    await outbox.stop();
  }
  return shared.operations.length;
}

async function inLogs(folder: string): Promise<unknown[][]> {
  const { id } = JSON.parse(await readFile(join(folder, "outbox", "journal.json"), "utf8"));
  return peers.map((peer) => peer.events(id).map(({ disclosable }) => disclosable.details));
}

test("wherever the process dies, each step is in both logs once", async () => {
  const whole = join(dir, "whole");
  const operations = await life(whole, undefined);
  const each = [{ n: 1 }, { n: 2 }, { n: 3 }];
  expect(await inLogs(whole)).toEqual([each, each]);
  expect(operations).toBeGreaterThan(30);
  const left = explored(
    Array.from({ length: operations }, (_, i) => [true, false].map((after) => ({ at: i + 1, after }))).flat(),
  );
  const worker = async () => {
    for (let death = left.pop(); death; death = left.pop()) {
      const folder = join(dir, `${death.at}-${death.after}`);
      await life(folder, death);
      await life(folder, { at: 20, after: true });
      await life(folder, undefined);
      expect([death, await inLogs(folder)]).toEqual([death, [each, each]]);
    }
  };
  await Promise.all(Array.from({ length: 6 }, worker));
}, 300_000);

test("what was given up and counted is in no log, whoever changes or sends its entry meanwhile", async () => {
  const outbox = await outboxIn(dir);
  const time = { now };
  let appending = () => {};
  const journal: OwedJournal = {
    appendOwed: async (event) => {
      appending();
      await outbox.appendOwed(event);
    },
    close: (receipt) => outbox.close(receipt),
    crossedOff: (receipt) => outbox.crossedOff(receipt),
    owedOnly: (rids) => outbox.owedOnly(rids),
  };
  const started = { dir, journal, logs: [eu, us], now: () => time.now };
  const { ledger, ledgers, metric, step } = await counting(started);
  await step("acme", [eu]);
  await step("acme", [us]);
  const before = ledger.get("acme")!;
  // Both are dropped while the first one is on its way: that one is not lost.
  const oneOnItsWay = new Promise<void>((resolve) => {
    appending = resolve;
  });
  const sending = ledger.send("acme");
  await oneOnItsWay;
  await ledger.drop("acme");
  await sending;
  await ledger.change("acme", () => ({ state: before }));
  await ledger.send("acme");
  expect(await outbox.flush(timeoutMs)).toBe(true);
  await ledgers.close();
  await outbox.stop();
  expect(await inLogs(dir)).toEqual([[{ n: 1 }], []]);
  expect(await metric("residency_receipts_given_up_total")).toContain('{type="policy.changed"} 1');
});
