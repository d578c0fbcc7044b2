import { decidedRequest } from "./decided-request.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

export const admissionWarned = {
  ...decidedRequest,
  name: "admission.warned",
  title: "A request was allowed with a warning",
  decisions: ["warn"],
} as const satisfies ReceiptTypeEntry;
