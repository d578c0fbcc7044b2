import { annotations, finalizer, labels, type Tenant } from "@companyos/crds";
import { isNotFound, type KubeClient, type KubeObject, type Resource } from "@companyos/kube";
import { type Owned, ownershipManager } from "./owned.ts";
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
  await kube.patch(resource, name, "merge", { metadata: { resourceVersion, finalizers } });
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

/**
 * Takes off what the Tenant's namespaces agreed to while it lived: whoever gives one away says so once it is free.
 * @returns the names of those that had agreed.
 */
export async function endConsents(
  kube: KubeClient,
  owned: Owned,
  its: readonly KubeObject[],
): Promise<string[]> {
  const { resource } = owned.namespaces;
  const given = its.filter(({ metadata }) => metadata.annotations?.[annotations.adoptBy] !== undefined);
  for (const { metadata } of given) {
    const without = { metadata: { uid: metadata.uid, annotations: { [annotations.adoptBy]: null } } };
    await kube
      .patch(resource, metadata.name!, "merge", without, { fieldManager: ownershipManager })
      .catch((error: unknown) => {
        if (!isNotFound(error)) throw error;
      });
  }
  return given.map(({ metadata }) => metadata.name!);
}
