import { createHash } from "node:crypto";
import { labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

/** What the operator wanted an object to be when it last wrote or saw it so. */
export function digestOf(desired: KubeObject): string {
  const { kind, metadata, ...content } = desired;
  // Left out when absent, so that the digest is that of earlier releases: an upgrade is no tampering.
  const callers = metadata.labels?.[labels.callers];
  return createHash("sha256")
    .update(JSON.stringify([kind, metadata.name, content, ...(callers ? [callers] : [])]))
    .digest("base64url");
}

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
