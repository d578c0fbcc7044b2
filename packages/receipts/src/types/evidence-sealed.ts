import { ledger } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const evidenceSealed = {
  name: "evidence.sealed",
  title: "A period of the chain was closed for evidence",
  senders: [],
  disclosures: ledger,
  alwaysShown: ["details"],
  requires: ["tenant"],
  discloses: ["user", "details"],
  defaults: { kind: "EvidenceBundle" },
} as const satisfies ReceiptTypeEntry;
