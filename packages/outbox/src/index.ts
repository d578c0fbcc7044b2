// What is appended: senders build it with this, and need no other part of receipts.
export { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
export { tellJournal } from "./metrics.ts";
export type { OutboxSeams } from "./open.ts";
export { defaultLimits, openOutbox } from "./open.ts";
export type {
  Outbox,
  OutboxLimits,
  OutboxLog,
  OutboxOptions,
  OutboxStats,
  RegionStats,
} from "./outbox.ts";
export type { OutboxErrorCode } from "./outbox-error.ts";
export { OutboxError } from "./outbox-error.ts";
