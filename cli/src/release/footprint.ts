import { labels, managedBy } from "@companyos/crds";
import { isForbidden, type KubeClient, type Resource, resources } from "@companyos/kube";

/** `Kind name` of what the operator takes away with the rules; null where some of it may not be listed. */
export type Footprint = readonly string[];

const kinds = [
  resources.resourceQuotas,
  resources.limitRanges,
  resources.networkPolicies,
  resources.roleBindings,
] as readonly Resource[];

export async function footprintIn(client: KubeClient, namespace: string): Promise<Footprint | null> {
  const labelSelector = `${labels.managedBy}=${managedBy},${labels.tenant}`;
  try {
    const found = await Promise.all(
      kinds.map(async (resource) => {
        const { items } = await client.list(resource, { namespace, labelSelector });
        return items.map(({ metadata }) => `${resource.kind} ${metadata.name}`);
      }),
    );
    return found.flat();
  } catch (error) {
    if (isForbidden(error)) return null;
    throw error;
  }
}
