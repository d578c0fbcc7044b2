import { cp } from "node:fs/promises";
import { join } from "node:path";
import type { Storage } from "@companyos/storage";
import { openFilesystemStorage } from "@companyos/storage/filesystem";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";

import type { Writer } from "../src/writer/writer.ts";
import { breaking, type Fault } from "./faults.ts";
import { audit, blocked, journal, type Rig, record, rig, sender } from "./rig.ts";

let r: Rig;
let stores = 0;
beforeAll(async () => {
  r = await rig();
  const writer = r.writer(options(r.storage));
  await writer.submit({
    journal,
    owner: sender,
    cluster: "test",
    from: 0,
    records: records.slice(0, before),
  });
  await writer.stop();
});
afterAll(() => r.remove());

/** A log that is about to fill its first tile, to begin each run with. */
const before = 246;
const records = Array.from({ length: 266 }, (_, i) => record(i, blocked(i % 3 ? "acme" : "globex", i)));
/** Sizes are such that tiles fill, snapshots are taken and batches collected on the way. */
const shipments = [4, 8, 8];

async function ship(writer: Writer, from: number, acknowledged: (offset: number) => void): Promise<number> {
  let at = from;
  for (const size of shipments) {
    const end = Math.min(at + size, records.length);
    if (at >= end) break;
    const response = await writer.submit({
      journal,
      owner: sender,
      cluster: "test",
      from: at,
      records: records.slice(at, end),
    });
    acknowledged(response.acknowledged);
    at = response.acknowledged + 1;
    await writer.published(writer.state.tail.size);
  }
  return at;
}

const options = (storage: Storage) => ({ storage, snapshotEvery: 2, publishIntervalMs: 0 });

/** One writer until the fault, then a new one on the same store, as after a crash. */
async function run(fault: Fault | undefined) {
  const dir = join(r.dir, `store-${stores++}`);
  await cp(r.storeDir, dir, { recursive: true });
  const storage = await openFilesystemStorage({ dir });
  const broken = breaking(storage, fault);
  const first = r.writer(options(broken.storage));
  let acknowledged = before - 1;
  const hear = (offset: number) => {
    acknowledged = Math.max(acknowledged, offset);
  };
  const finished =
    fault?.kind === "crash" ? ship(first, before, hear).catch(() => {}) : ship(first, before, hear);
  const dead = new Promise<void>((resolve) => {
    const poll = setInterval(() => {
      if (fault?.kind !== "crash" || broken.names.length <= fault.at) return;
      clearInterval(poll);
      resolve();
    }, 2);
    void finished.finally(() => {
      clearInterval(poll);
      resolve();
    });
  });
  await dead;
  await first.stop(0);
  const heard = acknowledged;

  const second = r.writer(options(storage));
  await second.ready();
  const kept = second.state.journals.get(journal)?.n ?? -1;
  expect(kept).toBeGreaterThanOrEqual(heard);
  let at = kept + 1;
  while (at < records.length) at = await ship(second, at, () => {});
  await second.stop();
  expect(second.status().state).toBe("stopped");
  const { receipts } = await audit({ opened: r.opened, storage });
  const offsets = receipts.filter(({ src }) => src === journal).map(({ n }) => n);
  expect(offsets).toEqual(records.map((_, i) => i));
  expect(receipts.filter(({ type }) => type === "tenant.opened")).toHaveLength(2);
  expect(receipts.filter(({ type }) => type === "key.endorsed")).toHaveLength(2);
  return broken.names;
}

/** `COMPANYOS_SOAK=1`: every operation both ways; else in turn before and after, and both for each commit. */
async function everyFault(names: readonly string[], kind: Fault["kind"]): Promise<void> {
  const left: Fault[] = names.flatMap((name, i) => {
    const both = name === "cas state/head" || process.env.COMPANYOS_SOAK === "1";
    const ways = both ? (["before", "after"] as const) : ([i % 2 ? "before" : "after"] as const);
    return ways.map((when) => ({ at: i + 1, when, kind }));
  });
  // Several at once: they mostly wait for the disk.
  const worker = async () => {
    for (let fault = left.pop(); fault; fault = left.pop()) await run(fault);
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

describe("whatever operation of the store the writer dies at", () => {
  test("the next one goes on: every acknowledged event once, none twice, one history", async () => {
    const operations = await run(undefined);
    expect(operations.length).toBeGreaterThan(40);
    await everyFault(operations, "crash");
  }, 600_000);

  test("an operation that only failed once is made up for by the same writer", async () => {
    const operations = await run(undefined);
    await everyFault(operations, "once");
  }, 600_000);
});
