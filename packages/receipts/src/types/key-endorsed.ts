import { ledger } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const keyEndorsed = {
  name: "key.endorsed",
  title: "The root key endorsed a key of this log",
  senders: [],
  disclosures: ledger,
  requires: ["reason"],
  discloses: ["details"],
  endorses: true,
} as const satisfies ReceiptTypeEntry;
