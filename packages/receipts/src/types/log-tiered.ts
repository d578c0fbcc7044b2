import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const logTiered = {
  name: "log.tiered",
  title: "A part of the log moved to the cold store",
  senders: [],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
