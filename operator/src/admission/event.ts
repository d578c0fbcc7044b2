import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

/** An object that somebody else changed or deleted was restored. For the log of `log`. Pure. */
export function admissionRestored(options: {
  rid: string;
  at: number;
  cluster: string;
  log: string;
  object: { readonly kind: string; readonly name: string };
  why: "missing" | "changed";
}): ReceiptEvent {
  const { rid, at, cluster, log, object, why } = options;
  return receiptEvent("policy.changed", {
    rid,
    at,
    cluster,
    region: log,
    reason: "ADMISSION_RESTORED",
    op: why === "missing" ? "DELETE" : "UPDATE",
    kind: object.kind,
    disclosable: { rid, name: object.name, details: { kind: object.kind, why } },
  });
}
