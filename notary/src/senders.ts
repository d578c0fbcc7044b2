/** Which service account may submit which receipt types. A new sender is one line here. */

import { type ReceiptEvent, unrecordedReason } from "@companyos/receipts";
import type { Senders } from "./options.ts";

/** The product's own service accounts in `namespace`. Types not named here are only ever made by the notary. */
export function defaultSenders(namespace: string): Senders {
  const account = (name: string) => `system:serviceaccount:${namespace}:companyos-${name}`;
  return {
    [account("webhook")]: [
      "admission.blocked",
      "admission.repeated",
      "admission.warned",
      "admission.audited",
      // Answers that it could not record. Gaps in what it did record are the notary's to tell.
      "journal.gap",
    ],
    [account("operator")]: [
      "admission.denied_in_process",
      "admission.undecided",
      "placement.observed",
      "placement.ended",
      "region.provisioned",
      "policy.changed",
      "tenant.handover",
      "namespace.adopted",
      "namespace.released",
      "exception.granted",
      "approval.decided",
      "adapter.called",
      "tenant.imported",
      "profile.applied",
      "profile.rolledback",
      "purge.started",
      "purge.executed",
    ],
  };
}

/** Whether a sender with these types may submit this event: of gaps, it tells only its own kind, and decides nothing. */
export function maySubmit(types: ReadonlySet<string>, { type, reason, decision }: ReceiptEvent): boolean {
  if (!types.has(type)) return false;
  return type !== "journal.gap" || (reason === unrecordedReason && decision === "none");
}
