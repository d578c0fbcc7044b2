import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const profileRolledback = {
  name: "profile.rolledback",
  title: "A profile was rolled back",
  senders: ["operator"],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
