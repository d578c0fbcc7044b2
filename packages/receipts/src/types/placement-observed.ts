import { placement } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const placementObserved = {
  name: "placement.observed",
  title: "A pod was seen on a node",
  senders: ["operator"],
  disclosures: placement,
  requires: ["tenant", "decision", "reason", "requested", "allowed", "plan"],
  discloses: ["namespace", "name", "uid", "node", "images", "labels", "policies"],
  defaults: { kind: "Pod" },
  about: "placement",
} as const satisfies ReceiptTypeEntry;
