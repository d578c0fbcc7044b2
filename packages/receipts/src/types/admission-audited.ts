import { decidedRequest } from "./decided-request.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionAudited = {
  ...decidedRequest,
  name: "admission.audited",
  title: "A request was allowed that Enforce would refuse",
  decisions: ["audit"],
} as const satisfies ReceiptTypeEntry;
