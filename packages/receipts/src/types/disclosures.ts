/** Lists of disclosable claims that several types share. A type may have its own. */

import type { DisclosureName } from "./receipt-type.ts";

const every = ["rid", "cluster", "tenant"] as const;
const object = ["namespace", "name", "uid"] as const;
const actor = ["user", "groups", "request"] as const;

const placed = ["node", "images", "labels", "raw", "policies", "message", "field", "details"] as const;

export const placement = [...every, ...object, ...placed] as const satisfies readonly DisclosureName[];

export const admission = [
  ...every,
  ...object,
  ...actor,
  ...placed,
  // How the webhook knew its caller.
  "caller",
] as const satisfies readonly DisclosureName[];

/** How many of `admission` there were before `caller`. */
export const beforeCaller = [17] as const;

export const change = [
  ...every,
  ...object,
  ...actor,
  "labels",
  "policies",
  "message",
  "details",
] as const satisfies readonly DisclosureName[];

export const ledger = [
  ...every,
  "name",
  "user",
  "message",
  "details",
] as const satisfies readonly DisclosureName[];
