import {
  asksFor,
  consents,
  isAssigned,
  isOwn,
  isReserved,
  isUnmarked,
  labels,
  namespacesOf,
  orphanedUid,
  ownerUid,
  type Tenant,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { AdoptCode } from "../codes/adopt.ts";

export type RefusalCode = AdoptCode;

/** One namespace, and what a hand-over would do with it. */
export interface Candidate {
  readonly namespace: string;
  /** What its label says; null for a namespace that never had a tenant. */
  readonly formerTenant: string | null;
  /** Uid of the Tenant it belongs to; null when nobody knows it, or there was none. */
  readonly formerUid: string | null;
  readonly tenant: string | null;
  readonly uid: string | null;
  /**
   * `waiting`: both sides consent or are about to, and the operator has not acted yet. `unowned`: `tenant`
   * claims it and it never was a Tenant's; only somebody who names it hands it over.
   */
  readonly state: "adoptable" | "waiting" | "adopted" | "refused" | "unowned";
  readonly code?: RefusalCode;
  /** Why it is not adopted (yet), and what to do. */
  readonly message?: string;
}

export interface ClusterState {
  readonly tenants: readonly Tenant[];
  readonly namespaces: readonly KubeObject[];
  /** Names of namespaces that you may not read. Owner and existence are unknown here. */
  readonly unreadable: ReadonlySet<string>;
  readonly productNamespace: string;
}

/** What a hand-over of these namespaces to this tenant would do. Pure. */
export function named(names: readonly string[], tenant: Tenant, cluster: ClusterState): Candidate[] {
  const there = new Map(cluster.namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  return [...new Set(names)].map((name) => {
    const namespace = there.get(name);
    if (namespace) return decide(namespace, tenant, cluster);
    if (cluster.unreadable.has(name)) return unseen(decide(missing(name), tenant, cluster));
    return refused(missing(name), tenant, "NAMESPACE_MISSING", "there is no such namespace");
  });
}

/** What a hand-over of these namespaces to whoever claims them would do. Pure. */
export function unnamed(names: readonly string[], cluster: ClusterState): Candidate[] {
  const there = new Map(cluster.namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  return [...new Set(names)].flatMap((name) => {
    const claimants = cluster.tenants.filter((tenant) => namespacesOf(tenant).includes(name));
    if (claimants[0]) return claimants.flatMap((tenant) => named([name], tenant, cluster));
    const todo = `no Tenant claims it: name one with --tenant to see what its plan says to what runs there`;
    const namespace = there.get(name);
    if (namespace || cluster.unreadable.has(name))
      return [refused(namespace ?? missing(name), undefined, "NOT_CLAIMED", todo)];
    return [refused(missing(name), undefined, "NAMESPACE_MISSING", "there is no such namespace")];
  });
}

/**
 * Every namespace whose Tenant is gone, with the Tenant that has the same name today. What is not certain is refused: then
 * the namespace has to be named. Also namespaces that never had a Tenant, once for each Tenant that claims them. Pure.
 */
export function all(cluster: ClusterState): Candidate[] {
  const byName = new Map(cluster.tenants.map((tenant) => [tenant.metadata.name, tenant]));
  const living = new Set(cluster.tenants.map(({ metadata }) => metadata.uid));
  return cluster.namespaces.flatMap((namespace) => {
    const { [labels.tenant]: name, [labels.tenantUid]: uid } = namespace.metadata.labels ?? {};
    if (!name || isAssigned(namespace)) return unowned(namespace, cluster);
    if (living.has(uid)) return [];
    const tenant = byName.get(name);
    if (!tenant) {
      const todo = `there is no Tenant ${name}: apply it first, or name another with --tenant`;
      return [refused(namespace, undefined, "TENANT_MISSING", todo)];
    }
    if (!namespacesOf(tenant).includes(namespace.metadata.name!)) {
      const todo = `Tenant ${name} does not claim it: list it in spec.namespaces, or name it with --tenant`;
      return [refused(namespace, tenant, "NOT_CLAIMED", todo)];
    }
    return [decide(namespace, tenant, cluster)];
  });
}

/** A namespace that no Tenant has, or only the default tenant, once for each Tenant that claims it: it is older than they are. */
function unowned(namespace: KubeObject, cluster: ClusterState): Candidate[] {
  const { name = "" } = namespace.metadata;
  const claimants = cluster.tenants.filter((tenant) => namespacesOf(tenant).includes(name));
  return claimants.map((tenant): Candidate => {
    const candidate = decide(namespace, tenant, cluster);
    if (candidate.state !== "adoptable") return candidate;
    const message = `Tenant ${tenant.metadata.name} claims it, and it was there before and no Tenant's, or the default tenant's: to hand it over on purpose, companyos adopt ${name} --tenant ${tenant.metadata.name}`;
    return { ...candidate, state: "unowned", code: "UNOWNED", message };
  });
}

function decide(namespace: KubeObject, tenant: Tenant, cluster: ClusterState): Candidate {
  const { name = "", deletionTimestamp } = namespace.metadata;
  const refuse = (code: RefusalCode, message: string) => refused(namespace, tenant, code, message);
  const uid = ownerUid(namespace);
  if (isOwn(namespace, tenant.metadata.uid)) return candidate(namespace, tenant, "adopted");
  if (isReserved(name, cluster.productNamespace))
    return refuse("NAMESPACE_RESERVED", "it is no tenant's to have");
  if (deletionTimestamp) return refuse("NAMESPACE_TERMINATING", "it is being deleted");
  if (isUnmarked(namespace))
    return refuse("NOT_SETTLED", "the operator has not said yet whose it is: is it running? Try again then");
  const owner = cluster.tenants.find(({ metadata }) => metadata.uid === uid);
  // Who has it as the default tenant has it until somebody claims it.
  if (owner && !isAssigned(namespace)) return refuse("OWNED", wayFrom(owner, name));
  const others = cluster.tenants
    .filter((other) => other !== tenant && namespacesOf(other).includes(name))
    .map(({ metadata }) => metadata.name);
  if (others.length > 0)
    return refuse("AMBIGUOUS", `${others.join(", ")} claims it too: take it out of all specs but one`);
  if (tenant.metadata.deletionTimestamp)
    return refuse("TENANT_DELETING", `Tenant ${tenant.metadata.name} is being deleted`);
  if (tenant.spec.paused)
    return refuse("TENANT_PAUSED", `Tenant ${tenant.metadata.name} is paused: set spec.paused to false`);
  return candidate(namespace, tenant, bothAgreed(namespace, tenant) ? "waiting" : "adoptable");
}

/** Nothing known here forbids it. The operator checks the rest. */
function unseen(candidate: Candidate): Candidate {
  if (candidate.state !== "adoptable") return candidate;
  const message = `you may not read this namespace: whether it exists and whose it is the operator looks at. If you may not patch it either, only the Tenant's side is set, and Tenant ${candidate.tenant} is NamespaceConflict until somebody else sets the namespace's`;
  return { ...candidate, message };
}

/** How to release a namespace from its Tenant without losing its objects. */
function wayFrom({ metadata: { name }, spec }: Tenant, namespace: string): string {
  if (namespace !== (spec.namespace ?? name)) {
    const has = `it belongs to Tenant ${name}, which exists`;
    return `${has}: have that Tenant let it go, which deletes nothing: take it out of its spec.namespaces and list it in its spec.release. Then run this again`;
  }
  const has = `it is the own namespace of Tenant ${name}, which exists (deletionPolicy ${spec.deletionPolicy ?? "Retain"})`;
  if (spec.deletionPolicy !== "Purge") return `${has}: delete that Tenant first; its namespaces stay`;
  return `${has}: deleting that Tenant as it is now DELETES its namespaces with everything in them. Set its spec.deletionPolicy to Retain first, then delete it`;
}

/** Both sides consent already; the operator has not acted yet. */
function bothAgreed(namespace: KubeObject, tenant: Tenant): boolean {
  const { name = "" } = namespace.metadata;
  return consents(namespace, tenant.metadata) && asksFor(tenant, name) && namespacesOf(tenant).includes(name);
}

function refused(
  namespace: KubeObject,
  tenant: Tenant | undefined,
  code: RefusalCode,
  message: string,
): Candidate {
  return { ...candidate(namespace, tenant, "refused"), code, message };
}

function candidate(
  { metadata }: KubeObject,
  tenant: Tenant | undefined,
  state: Candidate["state"],
): Candidate {
  const former = metadata.labels?.[labels.tenantUid];
  return {
    namespace: metadata.name ?? "",
    formerTenant: metadata.labels?.[labels.tenant] ?? null,
    formerUid: former === undefined || former === orphanedUid ? null : former,
    tenant: tenant?.metadata.name ?? null,
    uid: tenant?.metadata.uid ?? null,
    state,
  };
}

function missing(name: string): KubeObject {
  return { metadata: { name } };
}
