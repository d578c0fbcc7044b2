/** Which service account may submit which receipt types. A new sender is one line here. */

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
    ],
    [account("operator")]: [
      "admission.denied_in_process",
      "admission.undecided",
      "placement.observed",
      "placement.ended",
      "region.provisioned",
      "policy.changed",
      "tenant.handover",
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
