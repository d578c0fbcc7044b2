import type { ReceiptEvent } from "@companyos/receipts";
import type { RegionQueue } from "../region-queue.ts";

export type Tenant = NonNullable<ReceiptEvent["tenant"]>;

/** Where an account is settled: in which region's queue, and in whose chain; without a tenant the log's own. */
export interface Destination {
  readonly region: string;
  readonly queue: RegionQueue;
  readonly tenant?: Tenant | undefined;
}
