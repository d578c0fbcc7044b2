import { fieldManager, finalizer, labels, type Tenant } from "@companyos/crds";
import type { KubeClient, KubeObject, Resource } from "@companyos/kube";
import type { Owned } from "./owned.ts";
import { isPurged } from "./purge.ts";

export function hasFinalizer(tenant: Tenant): boolean {
  return tenant.metadata.finalizers?.includes(finalizer) ?? false;
}

/** Adds or removes our finalizer and nothing else. Conflicts with a newer version reject. */
export async function setFinalizer(
  kube: KubeClient,
  resource: Resource<Tenant>,
  tenant: Tenant,
  present: boolean,
): Promise<void> {
  const others = (tenant.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const { name, resourceVersion } = tenant.metadata;
  const finalizers = present ? [...others, finalizer] : others;
  const metadata = { resourceVersion, finalizers };
  await kube.patch(resource, name, "merge", { metadata }, { fieldManager: fieldManager("finalizer") });
}

/**
 * What deleting a Tenant does to its namespaces. `Retain`: nothing, they keep data and residency metadata, so that
 * the guards hold on. `Purge`: deletes them with everything in them; true once they are gone. What was handed over to it,
 * or left its spec under `Retain`, stays; what another Tenant of the name left behind is not touched.
 */
export async function releaseNamespaces(kube: KubeClient, owned: Owned, tenant: Tenant): Promise<boolean> {
  const purged = owned.namespacesOf(tenant.metadata.uid!).filter((namespace) => isPurged(namespace, tenant));
  for (const { metadata } of purged) {
    if (metadata.deletionTimestamp) continue;
    await kube.delete(owned.namespaces.resource, metadata.name!, { preconditions: { uid: metadata.uid! } });
  }
  return purged.length === 0;
}

/** The Tenant's namespaces as the API server has them now: a watch may not have told of the last one yet. */
export async function listedOf(kube: KubeClient, owned: Owned, tenant: Tenant): Promise<KubeObject[]> {
  const labelSelector = `${labels.tenantUid}=${tenant.metadata.uid}`;
  return (await kube.list(owned.namespaces.resource, { labelSelector })).items;
}
