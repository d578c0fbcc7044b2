/**
 * What senders (webhook, operator, API) hand to the notary. The notary gives it a place in the log and signs.
 * Everything personal or free text sits in `disclosable`; the rest appears in the clear in the log.
 */

import type { DisclosureName, ReceiptDecision } from "./types/receipt-type.ts";
import type { ReceiptType } from "./types/table.ts";

export const receiptOperations = ["CREATE", "UPDATE", "DELETE", "CONNECT", "none"] as const;
export type ReceiptOperation = (typeof receiptOperations)[number];

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
  /** How many responses an `admission.repeated` closes, or requests an `admission.denied_in_process` or `admission.undecided` stands for; 1 otherwise. */
  readonly count: number;
  readonly disclosable: Readonly<Partial<Record<DisclosureName, Json>>>;
}

const fields: Record<keyof ReceiptEvent, true> = {
  rid: true,
  type: true,
  at: true,
  cluster: true,
  region: true,
  tenant: true,
  decision: true,
  reason: true,
  op: true,
  kind: true,
  requested: true,
  allowed: true,
  plan: true,
  policy: true,
  count: true,
  disclosable: true,
};

/** All that an event may have. */
export const eventFields: ReadonlySet<string> = new Set(Object.keys(fields));
