import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const policyChanged = {
  name: "policy.changed",
  title: "A plan changed, or an object that enforces plans",
  senders: ["operator"],
  disclosures: change,
  requires: ["reason", "kind"],
  discloses: ["name", "details"],
} as const satisfies ReceiptTypeEntry;
