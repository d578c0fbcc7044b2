import type { Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  isForbidden,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import type { ClusterState } from "./candidates.ts";

const namespaces = resources.namespaces as Resource;

/**
 * Tenants and namespaces. All namespaces, or, where you may not list them, those in `names` that you may get. Rejects
 * when a right is missing without which nothing can be decided.
 */
export async function readClusterState(
  client: KubeClient,
  names: readonly string[],
  productNamespace: string,
): Promise<ClusterState> {
  const [tenants, there] = await Promise.all([
    client.list<Tenant>(residencyResources.tenants).catch((error: unknown) => {
      throw isForbidden(error)
        ? new Error("you may not list Tenants, and nothing can be said without")
        : error;
    }),
    client.list(namespaces).catch((error: unknown) => {
      if (isForbidden(error)) return undefined;
      throw error;
    }),
  ]);
  if (there)
    return { tenants: tenants.items, namespaces: there.items, unreadable: new Set(), productNamespace };
  if (names.length === 0)
    throw new Error(
      "you may not list namespaces, which --all needs: name them instead, companyos adopt NAMESPACE --tenant NAME",
    );
  const found: KubeObject[] = [];
  const unreadable = new Set<string>();
  for (const name of new Set(names)) {
    try {
      found.push(await client.get(namespaces, name));
    } catch (error) {
      if (isForbidden(error)) unreadable.add(name);
      else if (!isNotFound(error)) throw error;
    }
  }
  return { tenants: tenants.items, namespaces: found, unreadable, productNamespace };
}
