import { admission, beforeCaller } from "./disclosures.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

/** The webhook decided about a request: it knows all there is to say, and says so where there is nothing. */
export const decidedRequest = {
  senders: ["webhook"],
  disclosures: admission,
  earlierCounts: beforeCaller,
  requires: ["tenant", "reason", "op", "kind", "requested", "allowed", "plan", "policy"],
  discloses: [
    "namespace",
    "name",
    "uid",
    "user",
    "groups",
    "node",
    "images",
    "request",
    "labels",
    "raw",
    "policies",
    "message",
    "field",
    "caller",
  ],
  about: "request",
  opensWindow: true,
} as const satisfies Omit<ReceiptTypeEntry, "name" | "title">;
