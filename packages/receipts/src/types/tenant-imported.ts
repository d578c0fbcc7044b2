import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const tenantImported = {
  name: "tenant.imported",
  title: "A Tenant came from a bulk import",
  senders: ["operator"],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
