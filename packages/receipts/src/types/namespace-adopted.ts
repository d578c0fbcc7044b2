import { change } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const namespaceAdopted = {
  name: "namespace.adopted",
  title: "A namespace came to the Tenant",
  senders: ["operator"],
  disclosures: change,
  requires: ["tenant", "allowed", "plan"],
  discloses: ["namespace", "name", "uid", "details"],
  defaults: { reason: "NAMESPACE_ADOPTED", kind: "Namespace" },
} as const satisfies ReceiptTypeEntry;
