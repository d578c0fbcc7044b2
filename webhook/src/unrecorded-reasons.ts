import type { OutboxErrorCode } from "@companyos/outbox";

/** Closed list of the metrics' label: codes that the journal gives. */
export const journalCodes = [
  "full",
  "tenant_full",
  "no_region_key",
  "unknown_region",
  "unavailable",
  "stopped",
] as const satisfies readonly OutboxErrorCode[];

/** Every value of the label `reason`. */
export const unrecordedReasons = [...journalCodes, "other"] as const;
