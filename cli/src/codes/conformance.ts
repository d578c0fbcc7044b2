/** What `companyos conformance` found wrong, and what to do. Stable. Markdown, relative to docs/. */
export const failureCodes = {
  ESCAPED:
    "nothing keeps it from running abroad: `companyos status` says what is missing, under *out of scope* the run does too",
  ADMITTED_BUT_HELD:
    "it cannot get out, but its author was not told: [the webhook is away](operations.md#the-webhook-is-away)",
  PIN_MISSING: "`companyos-pin` or its binding is not in force; the operator installs them",
  RECEIPT_MISSING:
    "[a refusal left no receipt](operations.md#a-refusal-left-no-receipt), or it was refused in process because the webhook is away",
  RECEIPT_SHARED:
    "two attempts were counted in one receipt, which names one of them: a fault of the product, report it",
  STRANGER_ANSWERED:
    "the webhook, reached without the API server, decided although it should know its caller by certificate: [who may ask it](threat-model.md)",
  TWIN_REFUSED: "what is lawful was refused: the response says by whom",
  PREPARATION_REFUSED:
    "what an attempt starts from is lawful and was refused, so nothing was tried: the response says by whom",
  ANSWER_UNCLEAR:
    "somebody else responded first (a quota, another policy engine), so it says nothing about this product",
} as const;

export type FailureCode = keyof typeof failureCodes;

/** Why nothing could be tried. */
export const untriedCodes = {
  NOT_INSTALLED:
    "the cluster knows no Tenants: [install the chart](install.md) first, or choose another context",
  TENANT_UNKNOWN: "there is no Tenant of that name: the message names those there are",
  TENANT_NOT_ENFORCED:
    "the Tenant is in mode `Warn` or `Audit`, where nothing is refused: choose another, or set the mode",
  TENANT_NOT_READY: "its namespace is not in mode `Enforce` yet: wait until the Tenant is Ready",
  NO_NODE_AT_HOME:
    "no node that somebody vouches for stands in the tenant's regions: `kubectl get regions`, and `spec.nodes` of the Region",
  NO_NODE_ABROAD:
    "no node that somebody vouches for stands outside of the tenant's regions, so nothing could be tried there",
  NOT_PERMITTED: "you lack a right that the command needs: the message names it",
  INTERRUPTED: "it was ended before it was through: what it had created was deleted; run it again",
  CLEANUP_FAILED: "what it had created could not be deleted: the message has the command that does",
} as const;

export type UntriedCode = keyof typeof untriedCodes;
