/** What holds of every receipt of one type. The types themselves are the files beside this one. */

export const receiptDecisions = ["allow", "block", "warn", "audit", "none"] as const;
export type ReceiptDecision = (typeof receiptDecisions)[number];

/** Names a disclosure may have. */
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

/** What some types must say, and others leave at its neutral value. */
export type EventField =
  | "tenant"
  | "decision"
  | "reason"
  | "op"
  | "kind"
  | "requested"
  | "allowed"
  | "plan"
  | "policy"
  | "count";

/** Which of our service accounts submit events; the notary itself writes receipts without submitting them. */
export const receiptSenders = ["webhook", "operator"] as const;
export type ReceiptSender = (typeof receiptSenders)[number];

export interface ReceiptTypeEntry {
  /** As it stands in the claim `type`: stable, and never reused. */
  readonly name: string;
  /** What it tells, in a few words. */
  readonly title: string;
  /** Who may submit it; nobody: only the notary writes it. */
  readonly senders: readonly ReceiptSender[];
  /** All that a sender may say with it; the notary may say more. */
  readonly senderSays?: { readonly decision: ReceiptDecision; readonly reasons: readonly string[] };
  /**
   * Its disclosable claims, in the order of disclosures. All of them are present in every receipt of the type, `null`
   * when absent, so that neither their number nor a missing name tells anything. A list grows at its end only.
   */
  readonly disclosures: readonly DisclosureName[];
  /** Lengths that `disclosures` had in earlier versions: receipts of then have the names up to that length. */
  readonly earlierCounts?: readonly number[];
  /** Disclosed in every bundle: without these nobody can check the rest. */
  readonly alwaysShown?: readonly DisclosureName[];
  /** What `receiptEvent` must be given, though it may be null or empty. */
  readonly requires: readonly EventField[];
  /** Disclosable claims that it must be given, though they may be null. */
  readonly discloses: readonly DisclosureName[];
  /** What an event says unless it is given something else. */
  readonly defaults?: { readonly reason?: string; readonly kind?: string };
  /** Decisions it may carry, the first one by default; absent: any, `none` by default. */
  readonly decisions?: readonly ReceiptDecision[];
  /** What was decided about: the verifier decides again. */
  readonly about?: "request" | "placement";
  /** Repeats may be counted under its id, and are closed by an `admission.repeated`. */
  readonly opensWindow?: true;
  /** Its details hold an endorsement of a key. */
  readonly endorses?: true;
}
