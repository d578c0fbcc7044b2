import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const disclosureRedacted = {
  name: "disclosure.redacted",
  title: "Disclosures were destroyed",
  senders: [],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
