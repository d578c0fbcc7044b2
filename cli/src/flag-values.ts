/** Values of flags, checked before any request: a notary would refuse them in the terms of its API. */

import { parseTime } from "@companyos/receipts";

/** As Kubernetes has names of objects. */
const name = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws for what cannot be the name of a Tenant. */
export function checkTenantName(text: string): void {
  if (!name.test(text))
    throw new Error(
      `--tenant ${text}: no Tenant has such a name; expected lower-case letters, digits, - and .`,
    );
}

/** Throws for what cannot be the name of a namespace (RFC 1123 label). */
export function checkNamespaceName(text: string): void {
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(text))
    throw new Error(
      `${JSON.stringify(text)}: no namespace has such a name; expected at most 63 lower-case letters, digits and -`,
    );
}

/** Throws for what is no RFC 3339 time. `flag` with its dashes. */
export function checkTime(flag: string, text: string | undefined): void {
  if (text === undefined || parseTime(text) !== undefined) return;
  throw new Error(`${flag} ${text}: expected a time such as 2026-01-31T12:00:00Z`);
}
