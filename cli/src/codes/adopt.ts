/** Why `companyos adopt` does not hand a namespace over, and what to do. Stable. Markdown, relative to docs/. */
export const adoptCodes = {
  AMBIGUOUS: "several Tenants claim it: take it out of all specs but one",
  UNOWNED:
    "a Tenant claims it and it never was a Tenant's: hand it over with the command in the message, or take it out of the spec",
  NOT_CLAIMED: "it is not in the Tenant's spec, or no longer: list it there, or name it with `--tenant`",
  TENANT_MISSING:
    "there is no such Tenant, or it was made anew meanwhile: apply it first, and run this again",
  TENANT_DELETING: "the Tenant is being deleted: wait until it is gone, or name another",
  TENANT_PAUSED: "the Tenant is paused, so the operator leaves it alone: set `spec.paused` to false",
  NAMESPACE_TERMINATING: "the namespace is being deleted: wait until it is gone",
  NAMESPACE_RESERVED: "it is the cluster's or the product's own, and no tenant's to have: name another",
  NAMESPACE_MISSING:
    "there is no such namespace, or it was deleted meanwhile: correct its name, or make it first",
  OWNED:
    "its Tenant exists: have it let go (`spec.release`); its own namespace: set its `deletionPolicy` to `Retain` if the message names `Purge`, then delete that Tenant",
  NOT_SETTLED: "the operator has not marked it yet: is it running?",
  SPEC_FULL:
    "the Tenant claims, or asks for, more namespaces than there is room for: the message says of which list",
  API_REFUSED: "the API server did not take it, and says why; the others were handed over",
  NOT_PERMITTED:
    "you have the rights for one side only. State `waiting`: that side is set, and the message has the other one's command, for somebody who may; until then the Tenant is `NamespaceConflict`. State `refused`: neither is set",
} as const;

export type AdoptCode = keyof typeof adoptCodes;
