/**
 * What senders (webhook, operator, API) hand to the notary. The notary gives it a place in the log and signs.
 * Everything personal or free text sits in `disclosable`; the rest appears in the clear in the log.
 */

export const receiptTypes = [
  "tenant.opened",
  "admission.blocked",
  "admission.repeated",
  "admission.warned",
  "admission.audited",
  "admission.denied_in_process",
  "admission.undecided",
  "placement.observed",
  "placement.ended",
  "region.provisioned",
  "policy.changed",
  "exception.granted",
  "approval.decided",
  "adapter.called",
  "tenant.imported",
  "profile.applied",
  "profile.rolledback",
  "purge.started",
  "purge.executed",
  "purge.final",
  "evidence.sealed",
  "journal.gap",
  "key.endorsed",
  "key.rotated",
  "tenant.handover",
  "namespace.adopted",
  "namespace.released",
  "disclosure.redacted",
  "log.tiered",
] as const;
export type ReceiptType = (typeof receiptTypes)[number];

/** Reason of the only `journal.gap` that a sender may make: of answers that went out and were counted, not recorded. */
export const unrecordedReason = "JOURNAL_UNRECORDED";

export type ReceiptDecision = "allow" | "block" | "warn" | "audit" | "none";
export type ReceiptOperation = "CREATE" | "UPDATE" | "DELETE" | "CONNECT" | "none";

/** Names a disclosure may have. Which of them a type carries is fixed in `disclosureNames`. */
export type DisclosureName =
  | "rid"
  | "tenant"
  | "cluster"
  | "namespace"
  | "name"
  | "uid"
  | "user"
  | "groups"
  | "node"
  | "images"
  | "request"
  | "labels"
  | "raw"
  | "policies"
  | "message"
  | "field"
  | "details"
  | "caller";

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

export interface ReceiptEvent {
  /** UUIDv7, made where the event arose: the id people are shown. */
  readonly rid: string;
  readonly type: ReceiptType;
  /** Milliseconds since the epoch, sender's clock. */
  readonly at: number;
  /** Name of the cluster it happened in. */
  readonly cluster: string;
  /** Region whose notary logs it: the tenant's home region. */
  readonly region: string;
  /** Absent for events of the log itself (chain `_log`). */
  readonly tenant?: { readonly name: string; readonly uid: string };
  readonly decision: ReceiptDecision;
  /** Reason code. */
  readonly reason: string;
  readonly op: ReceiptOperation;
  /** Kubernetes kind; written to the log as is when in the closed list, else `other`. */
  readonly kind: string;
  /** Registered Region names or `unknown`, sorted. */
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  /** `sha256:…` of the plan, and of the policy bundle that decided. */
  readonly plan: string | null;
  readonly policy: string | null;
  /** How many answers an `admission.repeated` closes, or requests an `admission.denied_in_process` or `admission.undecided` stands for; 1 otherwise. */
  readonly count: number;
  readonly disclosable: Readonly<Partial<Record<DisclosureName, Json>>>;
}
