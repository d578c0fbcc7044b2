/**
 * A sender's durable journal. An event is safe once `append` resolved: it lies on disk, sealed to the public key of
 * its home region, and stays there until that region's notary has committed it to its log.
 *
 *     <dir>/lock, journal.json                 one process; the journal's pseudonym
 *     <dir>/_unrecorded                        answers under regions that have no notary (elsewhere.ts)
 *     <dir>/<region>/<base>-<id>.seg           records (frame.ts), numbered without holes for each region
 *     <dir>/<region>/acknowledged.json         a hint of how far the notary is; the notary knows better
 *     <dir>/<region>/identity.json             the region's public sealing key
 *     <dir>/<region>/unrecorded                answers that could not be recorded (unrecorded.ts)
 *     <dir>/<region>/reserve                   room for closings and that hint when the disk is full (reserve.ts)
 *
 * Offsets. A record is numbered when it is written and shipped only after its fdatasync, so a number that anybody
 * has seen is never given twice. A process never goes on in a segment of an earlier one: what a crash tore off at
 * the end was answered to nobody and its number is used again, under another data key. What a disk loses of synced
 * data shows as a hole in the numbers and is shipped as a gap.
 *
 * Repeats. A sender cannot open what it sealed. So a repeat is a tiny local frame that names the first event by
 * offset; closing the window writes one record with the count, which is shipped together with the first event as it
 * was sealed. The notary makes `admission.repeated` of the two. This needs no memory at the notary and survives
 * kill -9 at any point: frames that were answered are on disk, and a closing is there whole or not at all.
 *
 * Fairness. A journal knows of each record whose it is by a pseudonym (owner.ts), over restarts too, and gives each
 * tenant its share of records, bytes and windows (quota.ts, windows.ts): a tenant's flood is refused as
 * `tenant_full`, and others go on.
 *
 * Space. Segments are deleted oldest first, when they are acknowledged and no open window or unacknowledged closing
 * needs an event in them.
 */

import { randomBytes } from "node:crypto";
import { join, resolve } from "node:path";
import type { ReceiptEvent } from "@companyos/receipts";
import { parseReceiptEvent } from "@companyos/receipts";
import type { Disk } from "./disk/disk.ts";
import { nodeDisk, systemCode } from "./disk/disk.ts";
import { lockFolder } from "./disk/lock.ts";
import type { Outbox, OutboxLimits, OutboxOptions, RegionStats } from "./outbox.ts";
import { OutboxError } from "./outbox.ts";
import { Queue } from "./region-journal.ts";
import { NotaryClient } from "./shipping/notary-client.ts";
import { RegionKey } from "./shipping/region-key.ts";
import { Shipper } from "./shipping/shipper.ts";
import { elsewhere } from "./unrecorded/elsewhere.ts";
import { Unrecorded } from "./unrecorded/unrecorded.ts";
import { isJournalId } from "./wire/shipment.ts";

const defaults: OutboxLimits = {
  records: 100_000,
  bytes: 256 << 20,
  segmentBytes: 8 << 20,
  windows: 20_000,
  backoffMs: 30_000,
  timeoutMs: 15_000,
};

/** Region names are folder names here. */
const regionName = /^[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?$/;

/** For tests: a disk that fails, a clock that jumps, a machine that stands still while the key is learnt. */
export interface OutboxSeams {
  readonly disk?: Disk;
  readonly now?: () => number;
  readonly elapsed?: () => number;
  readonly keyWaitMs?: number;
}

interface Region {
  readonly queue: Queue;
  readonly key: RegionKey;
  readonly shipper: Shipper;
  readonly unrecorded: Unrecorded;
}

/**
 * Opens (or makes) the journal folder and starts shipping; notaries may be away. Throws OutboxError `locked`,
 * `corrupt`, `unavailable` or `unknown_region` (a name that is none), KeyError for a bad `publicKey`.
 */
export async function openOutbox(options: OutboxOptions, seams: OutboxSeams = {}): Promise<Outbox> {
  const { disk = nodeDisk, now = Date.now, elapsed = () => performance.now() } = seams;
  const dir = resolve(options.dir);
  const limits = { ...defaults, ...options.limits };
  for (const region of Object.keys(options.regions)) {
    if (!regionName.test(region))
      throw new OutboxError("unknown_region", `${region.slice(0, 100)} is not a Region's name`);
  }
  await disk.mkdir(dir).catch((cause: unknown) => {
    throw new OutboxError("unavailable", `${dir}: cannot make the journal folder (${systemCode(cause)})`, {
      cause,
    });
  });
  const lock = lockFolder(dir);
  const regions = new Map<string, Region>();
  let strays: Unrecorded | undefined;
  try {
    const journal = await journalId(disk, dir);
    for (const [region, { url, publicKey }] of Object.entries(options.regions)) {
      const folder = join(dir, region);
      const log = options.log;
      const key = new RegionKey({ region, dir: folder, disk, log, waitMs: seams.keyWaitMs });
      const sealer = () => key.sealer();
      const { cluster } = options;
      const queue = await Queue.open({
        dir: folder,
        journal,
        region,
        cluster,
        limits,
        disk,
        log,
        now,
        elapsed,
        sealer,
      });
      await key.load(publicKey);
      const unrecorded = await Unrecorded.open({
        path: join(folder, "unrecorded"),
        slots: 512,
        journal,
        region,
        cluster,
        queues: [queue],
        destination: (tenant) => ({ region, queue, tenant }),
        disk,
        log,
        tenants: options.tenants,
        now,
        elapsed,
      });
      const notary = new NotaryClient(url, limits.timeoutMs, options);
      const asks = publicKey === undefined;
      const { backoffMs } = limits;
      const shipper = new Shipper({
        region,
        journal,
        cluster,
        queue,
        owed: { settle: async () => sooner(await unrecorded.settle(), await strays?.settle()) },
        key,
        asks,
        notary,
        backoffMs,
        log,
        elapsed,
      });
      regions.set(region, { queue, key, shipper, unrecorded });
    }
    const queues = [...regions.values()].map(({ queue }) => queue);
    strays = await Unrecorded.open({
      path: join(dir, "_unrecorded"),
      slots: 128,
      journal,
      region: undefined,
      cluster: options.cluster,
      queues,
      destination: elsewhere(regions, options.tenants),
      disk,
      log: options.log,
      tenants: options.tenants,
      now,
      elapsed,
    });
    letGo(queues, [strays, ...[...regions.values()].map(({ unrecorded }) => unrecorded)]);
    for (const { shipper } of regions.values()) shipper.start();
    return new JournalOutbox(journal, regions, strays, lock, now);
  } catch (error) {
    lock.release();
    const { name } = error as { name?: unknown };
    if (name === "OutboxError" || name === "KeyError") throw error;
    throw new OutboxError("unavailable", `${dir}: cannot open the journal (${systemCode(error)})`, {
      cause: error,
    });
  }
}

/** Records that settle accounts which an earlier process has struck out need not be kept for that any more. */
function letGo(queues: readonly Queue[], ledgers: readonly Unrecorded[]): void {
  for (const queue of queues)
    for (const rid of queue.settled.rids())
      if (ledgers.every((ledger) => ledger.owes(rid) === false)) queue.noted(rid);
}

function sooner(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? (a ?? b) : Math.min(a, b);
}

class JournalOutbox implements Outbox {
  readonly journalId: string;
  readonly #regions: ReadonlyMap<string, Region>;
  readonly #strays: Unrecorded;
  readonly #lock: { release(): void };
  readonly #now: () => number;
  #stopped: Promise<void> | undefined;

  constructor(
    journalId: string,
    regions: ReadonlyMap<string, Region>,
    strays: Unrecorded,
    lock: { release(): void },
    now: () => number,
  ) {
    this.journalId = journalId;
    this.#regions = regions;
    this.#strays = strays;
    this.#lock = lock;
    this.#now = now;
  }

  async append(event: ReceiptEvent): Promise<void> {
    await this.#queueFor(event).append(event);
  }

  async appendOwed(event: ReceiptEvent): Promise<void> {
    await this.#queueFor(event).appendOwed(event);
  }

  crossedOff({ region, rid }: Parameters<Outbox["crossedOff"]>[0]): void {
    this.#regions.get(region)?.queue.noted(rid);
  }

  owedOnly(rids: ReadonlySet<string>): void {
    for (const { queue } of this.#regions.values())
      for (const rid of queue.owed.rids()) if (!rids.has(rid)) queue.noted(rid);
  }

  #queueFor(event: ReceiptEvent): Queue {
    const region = this.#region(event.region);
    try {
      parseReceiptEvent(event);
    } catch (cause) {
      throw new OutboxError("bad_event", `event ${String(event.rid)}: ${(cause as Error).message}`, {
        cause,
      });
    }
    return region.queue;
  }

  async repeat({ region, rid }: Parameters<Outbox["repeat"]>[0]): Promise<void> {
    await this.#region(region).queue.repeat(rid);
  }

  async close({ region, rid }: Parameters<Outbox["close"]>[0]): Promise<void> {
    await this.#region(region).queue.close(rid);
  }

  async unrecorded({ region, ...answer }: Parameters<Outbox["unrecorded"]>[0]): Promise<void> {
    if (this.#stopped !== undefined) throw closed();
    await (this.#regions.get(region)?.unrecorded ?? this.#strays).count(answer);
  }

  stats(): ReturnType<Outbox["stats"]> {
    const regions: Record<string, RegionStats> = {};
    for (const [name, { queue, key, shipper, unrecorded }] of this.#regions) {
      regions[name] = {
        state: shipper.state,
        keyed: key.known,
        backlogRecords: queue.backlogRecords,
        backlogBytes: queue.backlogBytes,
        oldestAgeMs: queue.oldest === undefined ? 0 : Math.max(0, this.#now() - queue.oldest),
        acknowledged: queue.acknowledged,
        durable: queue.durable,
        openWindows: queue.openWindows,
        tenants: queue.holders.tenants,
        largestTenant: queue.holders.largest,
        unrecorded: unrecorded.answers,
        appended: queue.counts.appended,
        syncs: queue.counts.syncs,
        failures: shipper.failures,
        lastError: shipper.lastError,
      };
    }
    return { journalId: this.journalId, unrecorded: this.#strays.answers, regions };
  }

  async flush(timeoutMs: number): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    let late = false;
    const deadline = new Promise<void>((done) => {
      timer = setTimeout(() => {
        late = true;
        done();
      }, timeoutMs);
    });
    try {
      for (const { queue } of this.#regions.values()) {
        for (;;) {
          const changed = queue.changed();
          if (queue.backlogRecords === 0) break;
          if (late) return false;
          await Promise.race([changed, deadline]);
        }
      }
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#stop();
    return this.#stopped;
  }

  async #stop(): Promise<void> {
    const all = [...this.#regions.values()];
    // What cannot be closed now is closed at the next start.
    await Promise.allSettled(all.map(({ queue }) => queue.closeAll()));
    const ledgers = [this.#strays, ...all.map(({ unrecorded }) => unrecorded)];
    await Promise.allSettled(ledgers.map((ledger) => ledger.settle(true)));
    await Promise.all(all.map(({ shipper }) => shipper.stop()));
    await Promise.all(ledgers.map((ledger) => ledger.close()));
    await Promise.all(all.map(({ queue }) => queue.stop()));
    this.#lock.release();
  }

  #region(name: string): Region {
    if (this.#stopped !== undefined) throw closed();
    const region = this.#regions.get(name);
    if (region !== undefined) return region;
    throw new OutboxError(
      "unknown_region",
      `no notary is configured for region ${String(name).slice(0, 100)}`,
    );
  }
}

function closed(): OutboxError {
  return new OutboxError("stopped", "the journal is closed");
}

async function journalId(disk: Disk, dir: string): Promise<string> {
  const path = join(dir, "journal.json");
  let text: string;
  try {
    text = (await disk.readAll(path)).toString("utf8");
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    const id = randomBytes(16).toString("base64url");
    await disk.replace(path, `${JSON.stringify({ v: 1, id })}\n`);
    return id;
  }
  try {
    const { id } = JSON.parse(text);
    if (isJournalId(id)) return id;
  } catch {
    // Told below.
  }
  throw new OutboxError("corrupt", `${path} holds no journal id: restore it, or start with an empty folder`);
}
