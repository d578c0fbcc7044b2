/** One region's part of a journal: its queue, its key, what ships them, and what could not be recorded. */

import { sooner } from "@companyos/service/sooner";
import type { OutboxLimits, OutboxOptions } from "./outbox.ts";
import type { RegionQueueOptions } from "./region-queue.ts";
import { RegionQueue } from "./region-queue.ts";
import { NotaryClient } from "./shipping/notary-client.ts";
import { RegionKey } from "./shipping/region-key.ts";
import { Shipper } from "./shipping/shipper.ts";
import { Counted } from "./unrecorded/counted.ts";

export interface Region {
  readonly queue: RegionQueue;
  readonly key: RegionKey;
  readonly shipper: Shipper;
  readonly unrecorded: Counted;
}

export interface RegionOptions extends Omit<RegionQueueOptions, "sealer" | "limits"> {
  readonly limits: OutboxLimits;
  readonly url: string;
  /** Undefined: the notary is asked for it. */
  readonly publicKey: unknown;
  readonly keyWaitMs: number | undefined;
  /** Gets what ends again what was opened here, for the case that the rest of the journal cannot be opened. */
  readonly opened: AsyncDisposableStack;
  readonly sender: Pick<OutboxOptions, "ca" | "token" | "tenants">;
  /** Of its file of unrecorded responses. */
  readonly slots: number | undefined;
  /** Settles the accounts of responses without a notary; resolves with when to ask again, ms. */
  readonly settleWithoutNotary: () => Promise<number | undefined>;
}

/** Not shipping yet. Throws as `openOutbox`. */
export async function openRegion(options: RegionOptions): Promise<Region> {
  const { dir, region, disk, log, limits, url, publicKey, keyWaitMs, opened, sender, settleWithoutNotary } =
    options;
  const key = new RegionKey({ region, dir, disk, log, waitMs: keyWaitMs });
  const queue = await RegionQueue.open({ ...options, sealer: () => key.sealer() });
  opened.defer(() => queue.stop());
  await key.load(publicKey);
  const unrecorded = await Counted.open({
    ...options,
    name: "counted",
    former: { name: "unrecorded", slots: 512 },
    queues: [queue],
    destination: (tenant) => ({ region, queue, tenant }),
    tenants: sender.tenants,
  });
  opened.defer(() => unrecorded.close());
  const shipper = new Shipper({
    ...options,
    queue,
    unrecorded: { settle: async () => sooner(await unrecorded.settle(), await settleWithoutNotary()) },
    key,
    asksForKey: publicKey === undefined,
    notary: new NotaryClient(url, limits.timeoutMs, sender),
    backoffMs: limits.backoffMs,
  });
  return { queue, key, shipper, unrecorded };
}
