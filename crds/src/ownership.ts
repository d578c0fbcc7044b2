/** Whose a namespace is, by what stands on it: the rules of the operator, and of who asks it to hand one over. Pure. */

import { annotations, consentTo, labels } from "./names.ts";

/** A namespace, as far as it says whose it is. */
export interface OwnedNamespace {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly annotations?: Readonly<Record<string, string>> | undefined;
  };
}

/** The control plane's namespaces begin with it. */
export const reservedPrefix = "kube-";

/** Besides those of the control plane: the one everybody falls into, and the product's own. */
export function reservedNames(productNamespace: string): string[] {
  return ["default", productNamespace];
}

/** No tenant may have a namespace of that name. */
export function isReserved(namespace: string, productNamespace: string): boolean {
  return namespace.startsWith(reservedPrefix) || reservedNames(productNamespace).includes(namespace);
}

/**
 * A default tenant has it, because nobody claimed it: for its regions, mode and receipts, and for nothing else. Whoever
 * claims it, that Tenant too, may have it handed over.
 */
export function isAssigned({ metadata }: OwnedNamespace): boolean {
  return metadata.annotations?.[annotations.assigned] !== undefined;
}

/** As an earlier release wrote it: a tenant's, without a uid. */
export function isUnmarked({ metadata }: OwnedNamespace): boolean {
  return Boolean(metadata.labels?.[labels.tenant]) && !metadata.labels?.[labels.tenantUid];
}

/** Uid of the Tenant that a namespace belongs to; undefined when it belongs to none, or it is not said. */
export function ownerUid({ metadata }: OwnedNamespace): string | undefined {
  return metadata.labels?.[labels.tenant] ? metadata.labels[labels.tenantUid] : undefined;
}

/** Whether it is this Tenant's own, by uid: what it has only as the default tenant is not. */
export function isOwn(namespace: OwnedNamespace, uid: string | undefined): boolean {
  return uid !== undefined && ownerUid(namespace) === uid && !isAssigned(namespace);
}

/** The namespace's side of a hand-over: it names this Tenant, and no other of its name. */
export function consents(
  { metadata }: OwnedNamespace,
  tenant: { readonly name: string; readonly uid?: string | undefined },
): boolean {
  return (
    metadata.annotations?.[annotations.adoptBy] === consentTo({ name: tenant.name, uid: tenant.uid ?? "" })
  );
}

/** Somebody says that it is to be let go by the Tenant it belongs to, and by no other: that is heard once that one is gone. */
export function saysLetGo({ metadata }: OwnedNamespace): boolean {
  const { [labels.tenant]: name = "", [labels.tenantUid]: uid = "" } = metadata.labels ?? {};
  return uid !== "" && metadata.annotations?.[annotations.letGo] === consentTo({ name, uid });
}

export interface ClaimingTenant {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string | null | undefined };
  readonly spec: { readonly namespace?: string | undefined };
}

/**
 * Which of two Tenants that claim one namespace, which is not there yet, has it: the older one. Of the same second, the one whose
 * own it is, first of all by its name, since that one can have no other instead. Below 0: `a` has it; 0: this does not tell.
 */
export function byPrecedence(a: ClaimingTenant, b: ClaimingTenant, namespace: string): number {
  const [at, bt] = [a, b].map(({ metadata }) => metadata.creationTimestamp ?? notYet) as [string, string];
  if (at !== bt) return at < bt ? -1 : 1;
  return ownRank(b, namespace) - ownRank(a, namespace);
}

/** Of a file: younger than all that is there. */
const notYet = "9999-12-31T23:59:59Z";

function ownRank({ metadata, spec }: ClaimingTenant, namespace: string): number {
  if ((spec.namespace ?? metadata.name) !== namespace) return 0;
  return metadata.name === namespace ? 2 : 1;
}

/** The Tenant's side of a hand-over. */
export function asksFor(
  { spec }: { readonly spec: { readonly adopt?: readonly string[] | undefined } },
  namespace: string,
): boolean {
  return spec.adopt?.includes(namespace) ?? false;
}
