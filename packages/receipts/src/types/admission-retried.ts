import { decidedRequest } from "./decided-request.ts";
import type { ReceiptTypeEntry } from "./receipt-type.ts";

const { about: _, opensWindow: __, ...said } = decidedRequest;

/**
 * A controller repeated what was asked before the tenant's regions or mode changed, and was refused. Nobody asked anew, so
 * it is among no tenant's blocks; there is one for each thing that is repeated, however often.
 */
export const admissionRetried = {
  ...said,
  name: "admission.retried",
  title: "A controller's retry was refused, of what was asked before the rule",
  decisions: ["block"],
} as const satisfies ReceiptTypeEntry;
