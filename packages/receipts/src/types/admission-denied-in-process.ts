import { admission, beforeCaller } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionDeniedInProcess = {
  name: "admission.denied_in_process",
  title: "The API server refused requests by a policy of ours",
  senders: ["operator"],
  disclosures: admission,
  earlierCounts: beforeCaller,
  requires: ["count"],
  discloses: ["policies", "details"],
  defaults: { reason: "DENIED_IN_PROCESS" },
  decisions: ["block"],
  about: "request",
  opensWindow: true,
} as const satisfies ReceiptTypeEntry;
