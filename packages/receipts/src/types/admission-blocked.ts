import { decidedRequest } from "./decided-request.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionBlocked = {
  ...decidedRequest,
  name: "admission.blocked",
  title: "A request was refused",
  decisions: ["block"],
} as const satisfies ReceiptTypeEntry;
