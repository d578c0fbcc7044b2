/** Values of flags, checked before any request: a notary would refuse them in the terms of its API. */

import { formatInstant, parseTime } from "@companyos/receipts";
import { secondsOf } from "./durations.ts";

/** As Kubernetes has names of objects. */
const name = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws for what cannot be the name of a Tenant. */
export function checkTenantName(text: string): void {
  if (!name.test(text))
    throw new Error(
      `--tenant ${text}: no Tenant has such a name; expected lower-case letters, digits, - and .`,
    );
}

/** Whether it can be the name of a namespace (RFC 1123 label). */
export const isNamespaceName = (text: string): boolean => /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text);

/** Throws for what cannot be the name of a namespace. */
export function checkNamespaceName(text: string): void {
  if (!isNamespaceName(text))
    throw new Error(
      `${JSON.stringify(text)}: no namespace has such a name; expected at most 63 lower-case letters, digits and -`,
    );
}

/**
 * A moment that a flag names: an RFC 3339 time as it is, a duration as so long before `now` (ms since the epoch). Throws for
 * any other text. `flag` with its dashes.
 */
export function timeOf(flag: string, text: string, now: number = Date.now()): string {
  if (parseTime(text) !== undefined) return text;
  const seconds = secondsOf(text);
  if (seconds !== undefined) return formatInstant(Math.max(0, Math.floor(now / 1000) - seconds));
  throw new Error(
    `${flag} ${text}: expected a time such as 2026-01-31T12:00:00Z, or how long ago, such as 90m, 2h or 7d`,
  );
}
