/** What was typed, looked at before anybody is asked: a notary would refuse it in the words of its API. */

/** As Kubernetes has names of objects. */
const name = /^[a-z0-9](?:[-a-z0-9.]{0,251}[a-z0-9])?$/;
/** RFC 3339. */
const time = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)$/;

/** Throws for what can be no Tenant's name. */
export function checkTenantSaid(text: string): void {
  if (!name.test(text))
    throw new Error(
      `--tenant ${text}: no Tenant has such a name; expected lower-case letters, digits, - and .`,
    );
}

/** Throws for what is no time since the epoch. `flag` as it is typed. */
export function checkTimeSaid(flag: string, text: string | undefined): void {
  if (text === undefined || (time.test(text) && Date.parse(text) >= 0)) return;
  throw new Error(`${flag} ${text}: expected a time such as 2026-01-31T12:00:00Z`);
}
