/** Journals that fill their own disk: a real one, of 2 MiB. */

import { mkdir, mkdtemp, readdir, rm, statfs, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { mountSmallDisk, smallDisks, unmountSmallDisk } from "@companyos/test/faults/small-disk";
import { until } from "@companyos/test/until";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import type { Outbox } from "../src/index.ts";
import { event, openSender, Peer, timeoutMs } from "./peer.ts";

const region = "eu-west-1";
let root: string;
let disk: string;
let peer: Peer;
let outbox: Outbox;

const open = () =>
  openSender({
    dir: join(disk, "journal"),
    regions: { [region]: { url: peer.url } },
    limits: { backoffMs: 50, segmentBytes: 1 << 20 },
  });

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "companyos-full-disk-"));
  disk = join(root, "disk");
  await mkdir(disk);
  if (smallDisks) mountSmallDisk(disk, "2m");
  peer = await Peer.open(region, join(root, "keys"));
  outbox = await open();
  // The region's key must be known before anything can be recorded.
  await outbox.append(plain("first"));
  expect(await outbox.flush(timeoutMs)).toBe(true);
});

afterEach(async () => {
  await outbox.stop();
  await peer.stop();
  if (smallDisks) unmountSmallDisk(disk);
  await rm(root, { recursive: true, force: true });
});

const here = smallDisks ? test : test.skip;
const full = { code: "full" };
/** An event that opens no window. */
const plain = (name: string) =>
  event(region, name, { type: "placement.observed", decision: "allow", disclosable: { name } });

/** Records until the disk is full: events, each repeated twice when it opens a window. Gives what was answered. */
async function fill(windows: boolean): Promise<{ rids: string[]; repeats: number }> {
  const rids: string[] = [];
  let repeats = 0;
  for (let refused = 0; refused < 20; ) {
    const one = windows ? event(region, `n${rids.length}`) : plain("n");
    try {
      await outbox.append(one);
      rids.push(one.rid);
      for (let i = 0; windows && i < 2; i++) {
        await outbox.repeat({ region, rid: one.rid });
        repeats++;
      }
    } catch (error) {
      expect(error).toMatchObject(full);
      refused++;
    }
  }
  return { rids, repeats };
}

async function arrived(events: number, repeats: number): Promise<void> {
  const count = (type: string) =>
    peer
      .events(outbox.journalId)
      .filter((one) => one.type === type)
      .reduce((sum, one) => sum + one.count, 0);
  await until(
    `${repeats} repeats arrived, every window closed`,
    async () => [count("admission.repeated"), outbox.stats().regions[region]?.openWindows],
    ([arrived, open]) => arrived === repeats && open === 0,
    { timeoutMs: 2 * timeoutMs },
  );
  expect(await outbox.flush(timeoutMs)).toBe(true);
  expect({
    events: count("admission.blocked") + count("placement.observed"),
    repeats: count("admission.repeated"),
  }).toEqual({ events, repeats });
}

/** Room comes with the next acknowledgement; whoever is refused until then tries again. */
async function takesMore(): Promise<void> {
  const one = plain("after");
  const refusals: unknown[] = [];
  const append = () =>
    outbox.append(one).then(
      () => true,
      (refusal) => {
        refusals.push(refusal);
        return false;
      },
    );
  await until("room for one more", append, Boolean, { timeoutMs });
  for (const refusal of refusals) expect(refusal).toMatchObject(full);
  expect(await outbox.flush(timeoutMs)).toBe(true);
  const { bavail, bsize } = await statfs(disk);
  expect(bavail * bsize).toBeGreaterThan(1 << 20);
}

here(
  "windows that a full disk kept open are closed and counted, and the disk is free again",
  async () => {
    await peer.stop();
    const { rids, repeats } = await fill(true);
    expect(rids.length).toBeGreaterThan(300);
    const closings = await Promise.allSettled(rids.map((rid) => outbox.close({ region, rid })));
    await peer.start();
    await arrived(1 + rids.length, repeats);
    expect(closings).toHaveLength(rids.length);
    await takesMore();
  },
  240_000,
);

here(
  "a disk full of plain events is free again once they are shipped",
  async () => {
    await peer.stop();
    const { rids } = await fill(false);
    await peer.start();
    await arrived(1 + rids.length, 0);
    await takesMore();
  },
  240_000,
);

here(
  "a sender that starts on a disk it had filled ships it all, and takes more",
  async () => {
    await peer.stop();
    const { rids, repeats } = await fill(true);
    await outbox.stop();
    await peer.start();
    outbox = await open();
    await arrived(1 + rids.length, repeats);
    await takesMore();
  },
  240_000,
);

here(
  "somebody else's full disk: what is refused is not there, what was answered arrives, and the reserve comes back",
  async () => {
    const filler = join(disk, "filler");
    await writeFile(filler, Buffer.alloc(4 << 20)).catch(() => {});
    const { rids, repeats } = await fill(true);
    for (const rid of rids) await outbox.close({ region, rid });
    await arrived(1 + rids.length, repeats);
    await rm(filler);
    await takesMore();
    expect(await readdir(join(disk, "journal", region))).toContain("reserve");
  },
  240_000,
);
