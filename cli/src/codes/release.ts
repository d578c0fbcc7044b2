import { adoptCodes } from "./adopt.ts";

const { NAMESPACE_MISSING, NAMESPACE_TERMINATING, NOT_SETTLED, TENANT_DELETING, TENANT_PAUSED } = adoptCodes;

/** Why `companyos release` does not let a namespace go, and what to do. Stable. Markdown, relative to docs/. */
export const releaseCodes = {
  NAMESPACE_MISSING,
  NAMESPACE_TERMINATING,
  NOT_SETTLED,
  TENANT_DELETING,
  TENANT_PAUSED,
  CLAIMED:
    "its Tenant's spec has it still: take it out of `spec.namespaces`; the Tenant's own namespace is let go when the Tenant is deleted",
  ASSIGNED:
    "the default tenant has it, by [the setting](brownfield.md#namespaces-that-nobody-claimed): except it there, or have another Tenant adopt it",
  SPEC_FULL: "`spec.release` of its Tenant is full: take out what it let go before",
  NOT_PERMITTED:
    "you may not read the namespace, or not say it: the message has what somebody who may has to do",
  API_REFUSED: "the API server did not take it, and says why; the others were let go",
} as const;

export type ReleaseCode = keyof typeof releaseCodes;
