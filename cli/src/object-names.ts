/** Names that flags give, checked before any request. */

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
