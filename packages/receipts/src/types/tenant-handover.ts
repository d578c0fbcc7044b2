import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const tenantHandover = {
  name: "tenant.handover",
  title: "The Tenant's chain goes on in another, or comes from it",
  senders: ["operator"],
  disclosures: change,
  alwaysShown: ["details"],
  requires: ["tenant", "reason"],
  discloses: ["name", "uid", "details"],
  defaults: { kind: "Tenant" },
} as const satisfies ReceiptTypeEntry;
