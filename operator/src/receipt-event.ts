import type { Outbox } from "@companyos/notary/outbox";

/** What the outbox takes. */
export type ReceiptEvent = Parameters<Outbox["append"]>[0];
