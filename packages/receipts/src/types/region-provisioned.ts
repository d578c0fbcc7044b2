import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const regionProvisioned = {
  name: "region.provisioned",
  title: "What a node counts as, or says of itself",
  senders: ["operator"],
  disclosures: change,
  requires: ["reason", "kind", "requested", "allowed"],
  discloses: ["name", "uid", "details"],
} as const satisfies ReceiptTypeEntry;
