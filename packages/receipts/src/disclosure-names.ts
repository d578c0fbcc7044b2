import type { DisclosureName, ReceiptType } from "./event.ts";

const every = ["rid", "cluster", "tenant"] as const;
const object = ["namespace", "name", "uid"] as const;
const actor = ["user", "groups", "request"] as const;

const admission: readonly DisclosureName[] = [
  ...every,
  ...object,
  ...actor,
  "node",
  "images",
  "labels",
  "raw",
  "policies",
  "message",
  "field",
  "details",
  // How the webhook knew its caller.
  "caller",
];
const placement: readonly DisclosureName[] = [
  ...every,
  ...object,
  "node",
  "images",
  "labels",
  "raw",
  "policies",
  "message",
  "field",
  "details",
];
const change: readonly DisclosureName[] = [
  ...every,
  ...object,
  ...actor,
  "labels",
  "policies",
  "message",
  "details",
];
const ledger: readonly DisclosureName[] = [...every, "name", "user", "message", "details"];

/**
 * The disclosable claims of each type, in the order of disclosures. All of them are present in every receipt of
 * the type, `null` when absent, so that neither their number nor a missing name tells anything.
 *
 * A list grows at its end only, and `disclosureCounts` keeps the lengths it had before: receipts written then have the
 * names up to that length.
 */
export const disclosureNames: Readonly<Record<ReceiptType, readonly DisclosureName[]>> = {
  "tenant.opened": change,
  "admission.blocked": admission,
  "admission.repeated": admission,
  "admission.warned": admission,
  "admission.audited": admission,
  "admission.denied_in_process": admission,
  "admission.undecided": admission,
  "placement.observed": placement,
  "placement.ended": placement,
  "region.provisioned": change,
  "policy.changed": change,
  "exception.granted": change,
  "approval.decided": change,
  "adapter.called": change,
  "tenant.imported": change,
  "profile.applied": change,
  "profile.rolledback": change,
  "purge.started": change,
  "purge.executed": change,
  "purge.final": change,
  "evidence.sealed": ledger,
  "journal.gap": ledger,
  "key.endorsed": ledger,
  "key.rotated": ledger,
  "tenant.handover": change,
  "namespace.adopted": change,
  "namespace.released": change,
  "disclosure.redacted": change,
  "log.tiered": change,
};

/** Lengths that a type's list had in earlier versions. A type that is not named has always had today's. */
const earlierCounts: Partial<Record<ReceiptType, readonly number[]>> = {
  "admission.blocked": [17],
  "admission.repeated": [17],
  "admission.warned": [17],
  "admission.audited": [17],
  "admission.denied_in_process": [17],
  "admission.undecided": [17],
};

/** How many digests a receipt of the type may have: one of these, ascending; the last is today's. */
export function disclosureCounts(type: ReceiptType): readonly number[] {
  return [...(earlierCounts[type] ?? []), disclosureNames[type].length];
}

/** The names in a receipt of the type that has `count` digests. */
export function namesWithin(type: ReceiptType, count: number): readonly DisclosureName[] {
  return disclosureNames[type].slice(0, count);
}
