/** A receipt that is owed is in the journal once, however often its sender tries, and wherever it dies. */

import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Outbox, OutboxOptions, OutboxSeams } from "../src/index.ts";
import { decodeBatchNote, encodeBatchNote } from "../src/segments/batch-note.ts";
import { system } from "../src/shares/owner.ts";
import { type Crash, crashDisk } from "./crash-disk.ts";
import { event, openSender, Peer, timeoutMs } from "./peer.ts";

const region = "eu-west-1";
/** Each record begins another segment: whether it is kept shows in the folder. */
const limits = { segmentBytes: 1, backoffMs: 20 };
let root: string;
let peer: Peer;
let dir: string;
let folders = 0;
const opened: Outbox[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-owed-"));
  peer = await Peer.open(region, join(root, "keys"));
  dir = join(root, "journal");
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((outbox) => outbox.stop()));
  await peer.stop();
  await rm(root, { recursive: true, force: true });
});

async function sender(seams: OutboxSeams = {}, options: Partial<OutboxOptions> = {}): Promise<Outbox> {
  const regions = { [region]: { url: peer.url, publicKey: await peer.keys.publicJwk("journal") } };
  const outbox = await openSender({ dir, regions, limits, ...options }, seams);
  opened.push(outbox);
  return outbox;
}

/** Not of a type that opens a window. */
const owed = (name: string) =>
  event(region, name, {
    type: "placement.observed",
    decision: "allow",
    reason: "WITHIN_REGIONS",
    disclosable: { name },
  });
const arrived = async (outbox: Outbox) => {
  expect(await outbox.flush(timeoutMs)).toBe(true);
  return peer.events(outbox.journalId).map(({ rid }) => rid);
};
const segments = async () =>
  (await readdir(join(dir, region))).filter((name) => name.endsWith(".seg")).length;

test("appended again it is there once: one after the other, at the same time, and after it was acknowledged", async () => {
  const outbox = await sender();
  const one = owed("a");
  await Promise.all([outbox.appendOwed(one), outbox.appendOwed(one)]);
  await outbox.appendOwed(one);
  expect(await arrived(outbox)).toEqual([one.rid]);
  await outbox.appendOwed(one);
  expect(await arrived(outbox)).toEqual([one.rid]);
});

test("it is there once over restarts too, though it was acknowledged long ago", async () => {
  const one = owed("a");
  const first = await sender();
  await first.appendOwed(one);
  for (let i = 0; i < 3; i++) await first.append(owed(`other ${i}`));
  expect(await arrived(first)).toHaveLength(4);
  await first.stop();
  const second = await sender();
  second.owedOnly(new Set([one.rid]));
  await second.appendOwed(one);
  expect((await arrived(second)).filter((rid) => rid === one.rid)).toHaveLength(1);
});

test("its record goes once it is crossed off, and only then; after a restart too", async () => {
  const [one, other] = [owed("a"), owed("b")];
  const outbox = await sender();
  await outbox.appendOwed(one);
  await outbox.appendOwed(other);
  await outbox.append(owed("last"));
  await arrived(outbox);
  expect(await segments()).toBe(3);
  outbox.crossedOff(one);
  await outbox.stop();
  // The last one always stays.
  expect(await segments()).toBe(2);
  const again = await sender();
  expect(await segments()).toBe(2);
  again.owedOnly(new Set());
  await again.stop();
  expect(await segments()).toBe(1);
});

test("a release that does not know of owed receipts reads what else a batch tells", () => {
  const rid = owed("a").rid;
  const told = { owners: [system], settles: [{ offset: 1, rid }], owed: [{ offset: 2, rid }] };
  const bytes = encodeBatchNote(told);
  expect(decodeBatchNote(bytes, 10)).toEqual(told);
  const { owed: _, ...known } = told;
  expect(decodeBatchNote(bytes.subarray(0, -25), 10)).toEqual({ ...known, owed: [] });
});

/** Three receipts are owed and appended; the disk dies somewhere on the way; another process appends what is owed. */
async function run(crash: Crash | undefined): Promise<number> {
  dir = join(root, String(folders++));
  const broken = crashDisk(crash);
  const owing = ["a", "b", "c"].map(owed);
  const first = await sender({ disk: broken.disk }).catch(() => undefined);
  for (const one of owing) await first?.appendOwed(one).catch(() => {});
  // Whoever is refused tries again.
  for (const one of owing) await first?.appendOwed(one).catch(() => {});
  await first?.stop().catch(() => {});
  await broken.lose();
  const second = await sender();
  second.owedOnly(new Set(owing.map(({ rid }) => rid)));
  for (const one of owing) await second.appendOwed(one);
  const rids = await arrived(second);
  expect(rids.toSorted()).toEqual(owing.map(({ rid }) => rid).toSorted());
  await second.stop();
  return broken.operations.length;
}

test("whatever operation of the disk its sender dies at, each is there once", async () => {
  const operations = await run(undefined);
  expect(operations).toBeGreaterThan(10);
  for (let at = 1; at <= operations; at++)
    for (const after of [true, false])
      for (const lossy of [true, false]) {
        try {
          await run({ at, after, lossy });
        } catch (error) {
          throw new Error(`dead at ${JSON.stringify({ at, after, lossy })}`, { cause: error });
        }
      }
}, 120_000);
