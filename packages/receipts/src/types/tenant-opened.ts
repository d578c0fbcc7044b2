import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const tenantOpened = {
  name: "tenant.opened",
  title: "A chain begins: who the Tenant is",
  senders: [],
  disclosures: change,
  requires: ["tenant"],
  discloses: [],
  defaults: { kind: "Tenant" },
} as const satisfies ReceiptTypeEntry;
