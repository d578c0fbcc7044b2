import { admission, beforeCaller } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionUndecided = {
  name: "admission.undecided",
  title: "The API server let requests go on without the webhook",
  senders: ["operator"],
  disclosures: admission,
  earlierCounts: beforeCaller,
  requires: ["count"],
  discloses: ["name", "details"],
  defaults: { reason: "WEBHOOK_UNANSWERED" },
  decisions: ["none"],
  about: "request",
  opensWindow: true,
} as const satisfies ReceiptTypeEntry;
