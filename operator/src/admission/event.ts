import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

/**
 * An object that somebody else changed or deleted was restored. For the log of `log`. `count` and `repeats`: so often again,
 * since the receipt with that id. Pure.
 */
export function admissionRestored(options: {
  rid: string;
  at: number;
  cluster: string;
  log: string;
  object: { readonly kind: string; readonly name: string };
  why: "missing" | "changed";
  count?: number;
  repeats?: string;
}): ReceiptEvent {
  const { rid, at, cluster, log, object, why, count = 1, repeats } = options;
  return receiptEvent("policy.changed", {
    rid,
    at,
    cluster,
    region: log,
    reason: "ADMISSION_RESTORED",
    op: why === "missing" ? "DELETE" : "UPDATE",
    kind: object.kind,
    count,
    disclosable: {
      rid,
      name: object.name,
      details: { kind: object.kind, why, ...(repeats === undefined ? {} : { repeats }) },
    },
  });
}
