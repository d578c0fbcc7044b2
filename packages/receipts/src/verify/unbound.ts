/**
 * Reasons to refuse a request whatever regions it names: it could run anywhere, what it says cannot be read, or there is
 * nothing to decide it by. Those of policies/src/reasons that refuse or block, but for CROSS_REGION (a test compares).
 * Policies of today name no lawful region alone under any of them; receipts of before 2026-11-27 do.
 */
export const unboundReasons: ReadonlySet<string> = new Set([
  "REGION_UNCONSTRAINED",
  "REGION_UNRESOLVABLE",
  "NODE_UNKNOWN",
  "NODE_WITHOUT_REGION",
  "TOO_MANY_TERMS",
  "PLAN_EMPTY",
  "PLAN_MISSING",
  "TENANT_UNKNOWN",
  "TENANT_REQUIRED",
  "NAMESPACE_NOT_ITS_TENANTS",
  "CACHE_NOT_SYNCED",
  "REQUEST_MALFORMED",
  "REQUEST_TOO_LARGE",
  "REQUEST_IMPLAUSIBLE",
  "CALLER_UNKNOWN",
  "WEBHOOK_BUSY",
  "JOURNAL_UNAVAILABLE",
  "DECISION_FAILED",
]);
