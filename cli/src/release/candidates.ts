import {
  isAssigned,
  isUnmarked,
  labels,
  maxNamespaces,
  namespacesOf,
  orphanedUid,
  ownerUid,
  saysLetGo,
  type Tenant,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { ClusterState } from "../adopt/candidates.ts";
import type { ReleaseCode } from "../codes/release.ts";

export type RefusalCode = ReleaseCode;

/** One namespace, and whether its Tenant, or somebody in the place of one that is gone, may let it go. */
export interface Candidate {
  readonly namespace: string;
  /** Whose it is by its label; null for nobody's. */
  readonly tenant: string | null;
  /** Null when nobody knows it. */
  readonly uid: string | null;
  /** False: the Tenant is gone, and whoever may update Tenants says it in its place. */
  readonly living: boolean;
  /** `waiting`: it is said, and the operator has not acted yet. `released`: nobody's. */
  readonly state: "releasable" | "waiting" | "released" | "refused";
  readonly code?: RefusalCode;
  readonly message?: string;
}

/** What letting these namespaces go would come to. Pure. */
export function candidates(names: readonly string[], cluster: ClusterState): Candidate[] {
  const there = new Map(cluster.namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  return [...new Set(names)].map((name) => {
    const namespace = there.get(name);
    if (namespace) return decide(namespace, cluster);
    const missing = { namespace: name, tenant: null, uid: null, living: false, state: "refused" } as const;
    return cluster.unreadable.has(name)
      ? { ...missing, code: "NOT_PERMITTED", message: "you may not read this namespace" }
      : { ...missing, code: "NAMESPACE_MISSING", message: "there is no such namespace" };
  });
}

/** Names of every namespace whose Tenant is gone. Pure. */
export function leftBehind({ namespaces, tenants }: Pick<ClusterState, "namespaces" | "tenants">): string[] {
  const uids = new Set(tenants.map(({ metadata }) => metadata.uid));
  return namespaces
    .filter((namespace) => {
      const uid = ownerUid(namespace);
      return uid !== undefined && !uids.has(uid) && !isAssigned(namespace);
    })
    .map(({ metadata }) => metadata.name ?? "");
}

function decide(namespace: KubeObject, { tenants }: ClusterState): Candidate {
  const { name = "", labels: worn = {}, deletionTimestamp } = namespace.metadata;
  const uid = ownerUid(namespace);
  const holder = tenants.find(({ metadata }) => metadata.uid === uid);
  const found = {
    namespace: name,
    tenant: worn[labels.tenant] ?? null,
    uid: uid === undefined || uid === orphanedUid ? null : uid,
    living: holder !== undefined,
  };
  const refuse = (code: RefusalCode, message: string): Candidate => ({
    ...found,
    state: "refused",
    code,
    message,
  });
  if (found.tenant === null) return { ...found, state: "released" };
  if (deletionTimestamp) return refuse("NAMESPACE_TERMINATING", "it is being deleted");
  if (isUnmarked(namespace))
    return refuse("NOT_SETTLED", "the operator has not said yet whose it is: is it running? Try again then");
  if (isAssigned(namespace))
    return refuse(
      "ASSIGNED",
      "the default tenant has it, by companyos.residency.unclaimed of the chart: except it there, or have another Tenant adopt it",
    );
  if (!holder) return { ...found, state: saysLetGo(namespace) ? "waiting" : "releasable" };
  return ofLiving(found, holder, refuse);
}

function ofLiving(
  found: Omit<Candidate, "state">,
  holder: Tenant,
  refuse: (code: RefusalCode, message: string) => Candidate,
): Candidate {
  const { namespace } = found;
  const { name, deletionTimestamp } = holder.metadata;
  const { spec } = holder;
  if (deletionTimestamp)
    return refuse("TENANT_DELETING", `Tenant ${name} is being deleted: run this again once it is gone`);
  if (namespace === (spec.namespace ?? name))
    return refuse(
      "CLAIMED",
      `it is the own namespace of Tenant ${name}, which is not let go while that exists: delete the Tenant first${spec.deletionPolicy === "Purge" ? ", but set its spec.deletionPolicy to Retain before: with Purge that DELETES its namespaces with everything in them" : ""}`,
    );
  if (namespacesOf(holder).includes(namespace))
    return refuse("CLAIMED", `Tenant ${name} claims it: take it out of its spec.namespaces first`);
  if (spec.paused) return refuse("TENANT_PAUSED", `Tenant ${name} is paused: set spec.paused to false`);
  if (spec.release?.includes(namespace)) return { ...found, state: "waiting" };
  if ((spec.release ?? []).length >= maxNamespaces)
    return refuse("SPEC_FULL", `spec.release of Tenant ${name} is full: take out what it let go before`);
  return { ...found, state: "releasable" };
}
