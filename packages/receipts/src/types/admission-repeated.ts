import { admission, beforeCaller } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionRepeated = {
  name: "admission.repeated",
  title: "How often a request was repeated that was decided before",
  senders: ["webhook"],
  disclosures: admission,
  earlierCounts: beforeCaller,
  requires: ["tenant", "decision", "reason", "count"],
  discloses: ["rid"],
  decisions: ["block", "warn", "audit"],
  about: "request",
} as const satisfies ReceiptTypeEntry;
