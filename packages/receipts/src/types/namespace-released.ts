import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const namespaceReleased = {
  name: "namespace.released",
  title: "A namespace went to another Tenant",
  senders: ["operator"],
  disclosures: change,
  requires: ["tenant"],
  discloses: ["namespace", "name", "uid", "details"],
  defaults: { reason: "NAMESPACE_RELEASED", kind: "Namespace" },
} as const satisfies ReceiptTypeEntry;
