import type { ReceiptEvent, UnrecordedReason } from "@companyos/receipts";
import type { RegionQueue } from "../region-queue.ts";

export type Tenant = NonNullable<ReceiptEvent["tenant"]>;

/** Where an account is settled: in which region's queue, in whose chain (without a tenant the log's own), and as what. */
export interface Destination {
  readonly region: string;
  readonly queue: RegionQueue;
  readonly tenant?: Tenant | undefined;
  /** Default: that it could not be recorded. */
  readonly reason?: UnrecordedReason;
}
