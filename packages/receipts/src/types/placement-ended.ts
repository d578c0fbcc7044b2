import { placement } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const placementEnded = {
  name: "placement.ended",
  title: "An observed placement is over",
  senders: ["operator"],
  disclosures: placement,
  requires: ["tenant", "reason", "requested", "allowed", "plan"],
  discloses: ["namespace", "name", "uid", "node"],
  defaults: { kind: "Pod" },
} as const satisfies ReceiptTypeEntry;
