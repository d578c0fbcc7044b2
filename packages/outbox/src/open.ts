/**
 * A sender's durable journal. An event is safe once `append` resolved: it lies on disk, sealed to the public key of
 * its home region, and stays there until that region's notary has committed it to its log.
 *
 *     <dir>/lock, journal.json                 one process; the journal's pseudonym
 *     <dir>/_counted                           responses under regions that have no notary
 *     <dir>/<region>/<base>-<id>.seg           records (frame.ts), numbered without holes for each region
 *     <dir>/<region>/acknowledged.json         a hint of how far the notary is; the notary knows better
 *     <dir>/<region>/identity.json             the region's public sealing key
 *     <dir>/<region>/counted                   responses that could not be recorded (unrecorded.ts)
 *     <dir>/<region>/reserve                   room for closings and that hint when the disk is full (reserve.ts)
 *
 * Offsets. A record is numbered when it is written and shipped only after its fdatasync, so a number that anybody
 * has seen is never given twice. A process never goes on in a segment of an earlier one: what a crash tore off at
 * the end was confirmed to nobody and its number is used again, under another data key. What a disk loses of synced
 * data shows as a hole in the numbers and is shipped as a gap.
 *
 * Repeats. A sender cannot open what it sealed. So a repeat is a tiny local frame that names the first event by
 * offset; closing the window writes one record with the count, which is shipped together with the first event as it
 * was sealed. The notary makes `admission.repeated` of the two. This needs no memory at the notary and survives
 * kill -9 at any point: frames that were confirmed are on disk, and a closing is there whole or not at all.
 *
 * Fairness. A journal knows of each record whose it is by a pseudonym (owner.ts), over restarts too, and gives each
 * tenant its share of records, bytes and windows (quota.ts, windows.ts): a tenant's flood is refused as
 * `tenant_full`, and others go on.
 *
 * Space. Segments are deleted oldest first, when they are acknowledged and no open window or unacknowledged closing
 * needs an event in them.
 */

import { join, resolve } from "node:path";
import { isRegionTag } from "@companyos/receipts";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk, systemCode } from "./disk/disk.ts";
import { lockFolder } from "./disk/lock.ts";
import { journalId } from "./journal-id.ts";
import { JournalOutbox } from "./journal-outbox.ts";
import type { Outbox, OutboxLimits, OutboxOptions } from "./outbox.ts";
import { OutboxError } from "./outbox-error.ts";
import type { Region } from "./region.ts";
import { openRegion } from "./region.ts";
import type { RegionQueue } from "./region-queue.ts";
import { Counted } from "./unrecorded/counted.ts";
import { destinationWithoutNotary } from "./unrecorded/without-notary.ts";

export const defaultLimits: OutboxLimits = {
  records: 100_000,
  bytes: 256 << 20,
  segmentBytes: 8 << 20,
  windows: 20_000,
  backoffMs: 30_000,
  timeoutMs: 15_000,
};

/** For tests: a disk that fails, a clock that jumps, a machine that stands still while the key is learnt, small files. */
export interface OutboxSeams {
  readonly disk?: Disk;
  readonly now?: () => number;
  readonly elapsed?: () => number;
  readonly keyWaitMs?: number;
  /** Accounts of unrecorded responses that a file has room for. */
  readonly slots?: number;
}

/**
 * Opens (or makes) the journal folder and starts shipping; notaries may be away. Throws OutboxError `locked`,
 * `corrupt`, `unavailable` or `unknown_region` (a name that is none), KeyError for a bad `publicKey`.
 */
export async function openOutbox(options: OutboxOptions, seams: OutboxSeams = {}): Promise<Outbox> {
  const { disk = nodeDisk, now = Date.now, elapsed = () => performance.now(), keyWaitMs, slots } = seams;
  const { cluster, log, faults } = options;
  const dir = resolve(options.dir);
  checkNames(Object.keys(options.regions));
  await disk.mkdir(dir).catch((cause: unknown) => {
    throw new OutboxError("unavailable", `${dir}: cannot make the journal folder (${systemCode(cause)})`, {
      cause,
    });
  });
  const lock = lockFolder(dir);
  const opened = new AsyncDisposableStack();
  opened.defer(() => lock.release());
  const regions = new Map<string, Region>();
  let withoutNotary: Counted | undefined;
  try {
    const journal = await journalId(disk, dir);
    const shared = { journal, cluster, disk, log, faults, now, elapsed, slots };
    for (const [region, { url, publicKey }] of Object.entries(options.regions)) {
      const part = await openRegion({
        ...shared,
        opened,
        dir: join(dir, region),
        region,
        limits: { ...defaultLimits, ...options.limits },
        url,
        publicKey,
        keyWaitMs,
        sender: options,
        settleWithoutNotary: async () => withoutNotary?.settle(),
      });
      regions.set(region, part);
    }
    const all = [...regions.values()];
    const queues = all.map(({ queue }) => queue);
    withoutNotary = await Counted.open({
      ...shared,
      dir,
      name: "_counted",
      former: { name: "_unrecorded", slots: 128 },
      region: undefined,
      queues,
      destination: destinationWithoutNotary(regions),
      tenants: options.tenants,
    });
    opened.move();
    release(queues, [withoutNotary, ...all.map(({ unrecorded }) => unrecorded)]);
    for (const { shipper } of all) shipper.start();
    return new JournalOutbox(journal, regions, withoutNotary, lock, now);
  } catch (error) {
    await opened.disposeAsync().catch(() => {});
    const { name } = error as { name?: unknown };
    if (name === "OutboxError" || name === "KeyError") throw error;
    throw new OutboxError("unavailable", `${dir}: cannot open the journal (${systemCode(error)})`, {
      cause: error,
    });
  }
}

/** Region names are folder names here. */
function checkNames(regions: readonly string[]): void {
  for (const region of regions) {
    const named: boolean = isRegionTag(region);
    if (!named) throw new OutboxError("unknown_region", `${region.slice(0, 100)} is not a Region's name`);
  }
}

/** Records that settle accounts which an earlier process has deleted need not be kept for that any more. */
function release(queues: readonly RegionQueue[], accounts: readonly Counted[]): void {
  for (const queue of queues)
    for (const rid of queue.settled.rids())
      if (accounts.every((counted) => counted.owes(rid) === false)) queue.noted(rid);
}
