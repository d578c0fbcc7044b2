/** What was typed, looked at before anybody is asked: a notary would refuse it in the words of its API. */

import { parseTime } from "@companyos/receipts";

/** As Kubernetes has names of objects. */
const name = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws for what can be no Tenant's name. */
export function checkTenantSaid(text: string): void {
  if (!name.test(text))
    throw new Error(
      `--tenant ${text}: no Tenant has such a name; expected lower-case letters, digits, - and .`,
    );
}

/** Throws for what can be no namespace's name (RFC 1123 label). */
export function checkNamespaceSaid(text: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
    throw new Error(
      `${JSON.stringify(text)}: no namespace has such a name; expected at most 63 lower-case letters, digits and -`,
    );
}

/** Throws for what is no time since the epoch. `flag` as it is typed. */
export function checkTimeSaid(flag: string, text: string | undefined): void {
  if (text === undefined || parseTime(text) !== undefined) return;
  throw new Error(`${flag} ${text}: expected a time such as 2026-01-31T12:00:00Z`);
}
