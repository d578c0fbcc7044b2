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
};
