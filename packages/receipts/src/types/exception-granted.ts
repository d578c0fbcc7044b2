import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const exceptionGranted = {
  name: "exception.granted",
  title: "An exception was granted",
  senders: ["operator"],
  disclosures: change,
  requires: [],
  discloses: [],
} as const satisfies ReceiptTypeEntry;
