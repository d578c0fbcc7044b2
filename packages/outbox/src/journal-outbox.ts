import type { ReceiptEvent } from "@companyos/receipts";
import { parseReceiptEvent } from "@companyos/receipts";
import type { Outbox, RegionStats } from "./outbox.ts";
import { OutboxError } from "./outbox-error.ts";
import type { Region } from "./region.ts";
import type { RegionQueue } from "./region-queue.ts";
import type { Counted } from "./unrecorded/counted.ts";

/** One journal folder: a region's part of it for each home region. */
export class JournalOutbox implements Outbox {
  readonly journalId: string;
  readonly #regions: ReadonlyMap<string, Region>;
  readonly #withoutNotary: Counted;
  readonly #lock: { release(): void };
  readonly #now: () => number;
  #stopped: Promise<void> | undefined;

  constructor(
    journalId: string,
    regions: ReadonlyMap<string, Region>,
    withoutNotary: Counted,
    lock: { release(): void },
    now: () => number,
  ) {
    this.journalId = journalId;
    this.#regions = regions;
    this.#withoutNotary = withoutNotary;
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

  async repeat({ region, rid }: Parameters<Outbox["repeat"]>[0]): Promise<void> {
    await this.#region(region).queue.repeat(rid);
  }

  async close({ region, rid }: Parameters<Outbox["close"]>[0]): Promise<void> {
    await this.#region(region).queue.close(rid);
  }

  async unrecorded({ region, ...response }: Parameters<Outbox["unrecorded"]>[0]): Promise<void> {
    if (this.#stopped !== undefined) throw closed();
    const here = this.#regions.get(region)?.unrecorded;
    // A region that has a notary is a home.
    await (here ? here.count({ ...response, homeless: false }) : this.#withoutNotary.count(response));
  }

  stats(): ReturnType<Outbox["stats"]> {
    const regions: Record<string, RegionStats> = {};
    for (const [name, { queue, key, shipper, unrecorded }] of this.#regions) {
      regions[name] = {
        state: shipper.state,
        reached: shipper.reached,
        keyed: key.known,
        backlogRecords: queue.backlog.records,
        backlogBytes: queue.bytes,
        oldestAgeMs: Math.max(0, this.#now() - (queue.backlog.oldest ?? this.#now())),
        acknowledged: queue.backlog.acknowledged,
        durable: queue.backlog.durable,
        openWindows: queue.openWindows,
        tenants: queue.holders.tenants,
        largestTenant: queue.holders.largest,
        unrecorded: unrecorded.responses,
        appended: queue.counts.appended,
        syncs: queue.counts.syncs,
        failures: shipper.failures,
        lastError: shipper.lastError,
      };
    }
    return { journalId: this.journalId, unrecorded: this.#withoutNotary.responses, regions };
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
          if (queue.backlog.records === 0) break;
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
    const accounts = [this.#withoutNotary, ...all.map(({ unrecorded }) => unrecorded)];
    await Promise.allSettled(accounts.map((counted) => counted.settle(true)));
    await Promise.all(all.map(({ shipper }) => shipper.stop()));
    await Promise.all(accounts.map((counted) => counted.close()));
    await Promise.all(all.map(({ queue }) => queue.stop()));
    this.#lock.release();
  }

  #queueFor(event: ReceiptEvent): RegionQueue {
    const { queue } = this.#region(event.region);
    try {
      parseReceiptEvent(event);
    } catch (cause) {
      throw new OutboxError("bad_event", `event ${String(event.rid)}: ${(cause as Error).message}`, {
        cause,
      });
    }
    return queue;
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
