import { finalizer, type Tenant } from "@companyos/crds";
import type { KubeClient, Resource } from "@companyos/kube";
import { leftNamespaces } from "./footprint.ts";
import type { Owned } from "./owned.ts";

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
 * the guards hold on. `Purge`: deletes them with everything in them; true once they are gone. What another Tenant of the
 * name left behind is not touched.
 */
export async function releaseNamespaces(kube: KubeClient, owned: Owned, tenant: Tenant): Promise<boolean> {
  if (tenant.spec.deletionPolicy !== "Purge") return true;
  for (const { metadata } of leftNamespaces(owned, tenant, new Set())) {
    await kube.delete(owned.namespaces.resource, metadata.name!, { preconditions: { uid: metadata.uid! } });
  }
  return owned.namespacesOf(tenant.metadata.uid!).length === 0;
}
