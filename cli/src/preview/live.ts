import { labels, managedBy, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { isForbidden, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { footprintKinds, identity } from "@companyos/operator/footprint";
import { kinded } from "../kinded.ts";

/** What plans follow from. Rejects when one of the kinds may not be listed. */
export async function readDeclared(client: KubeClient): Promise<KubeObject[]> {
  const { tenants, policies, regions } = residencyResources;
  const kinds = [tenants, policies, regions, resources.nodes] as readonly Resource[];
  return listed(
    client,
    kinds.map((kind) => ({ kind })),
  );
}

/**
 * What stands of one tenant: everything labelled as its own, and what has one of the wanted names. Rejects when one of the
 * kinds may not be listed.
 */
export async function readFootprint(
  client: KubeClient,
  { metadata: { name } }: Tenant,
  desired: readonly KubeObject[],
): Promise<KubeObject[]> {
  const labelSelector = `${labels.tenant}=${name}`;
  const namespaces = resources.namespaces as Resource;
  const own = await listed(client, [
    { kind: namespaces, labelSelector },
    ...(footprintKinds as readonly Resource[]).map((kind) => ({
      kind,
      labelSelector: `${labelSelector},${labels.managedBy}=${managedBy}`,
    })),
  ]);
  const found = new Map(own.map((object) => [identity(object), object]));
  const byKind = new Map(
    [namespaces, ...(footprintKinds as readonly Resource[])].map((kind) => [kind.kind, kind]),
  );
  // Somebody may have taken the labels off, or have made it before.
  for (const object of desired.filter((object) => !found.has(identity(object)))) {
    const { name = "", namespace } = object.metadata;
    const there = await client.find(byKind.get(object.kind ?? "") as Resource, name, { namespace });
    if (there)
      found.set(identity(object), {
        ...there,
        apiVersion: object.apiVersion,
        kind: object.kind,
      } as KubeObject);
  }
  return [...found.values()];
}

interface Listing {
  readonly kind: Resource;
  readonly labelSelector?: string;
}

/** What is listed, all together. Rejects naming every kind that may not be, whichever is answered first. */
async function listed(client: KubeClient, listings: readonly Listing[]): Promise<KubeObject[]> {
  const lists = await Promise.allSettled(
    listings.map(({ kind, labelSelector }) => client.list(kind, { labelSelector })),
  );
  const reasons = lists.map((list) => (list.status === "rejected" ? list.reason : undefined));
  const forbidden = listings.filter((_, index) => isForbidden(reasons[index])).map(({ kind }) => kind.plural);
  if (forbidden.length > 0)
    throw new Error(
      `you may not list ${forbidden.join(", ")}, and a preview beside the cluster needs them: leave --diff out`,
    );
  return lists.flatMap((list, index) => {
    if (list.status === "rejected") throw list.reason;
    return kinded((listings[index] as Listing).kind, list.value.items);
  });
}
