import { labels, managedBy, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { isForbidden, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { footprintKinds, identity } from "@companyos/operator/footprint";

/** What plans follow from. Rejects when one of the kinds may not be listed. */
export async function readDeclared(client: KubeClient): Promise<KubeObject[]> {
  const { tenants, policies, regions } = residencyResources;
  const kinds = [tenants, policies, regions, resources.nodes] as readonly Resource[];
  const lists = await Promise.all(kinds.map((kind) => listed(client, kind)));
  return lists.flat();
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
  const own = await Promise.all([
    listed(client, namespaces, labelSelector),
    ...(footprintKinds as readonly Resource[]).map((kind) =>
      listed(client, kind, `${labelSelector},${labels.managedBy}=${managedBy}`),
    ),
  ]);
  const found = new Map(own.flat().map((object) => [identity(object), object]));
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

/** Lists do not say of their items which kind they are. */
async function listed(client: KubeClient, kind: Resource, labelSelector?: string): Promise<KubeObject[]> {
  const { items } = await client.list(kind, { labelSelector }).catch((error: unknown) => {
    throw isForbidden(error)
      ? new Error(
          `you may not list ${kind.plural}, and a preview beside the cluster needs them: leave --diff out`,
        )
      : error;
  });
  const apiVersion = kind.group === "" ? kind.version : `${kind.group}/${kind.version}`;
  return items.map((item) => ({ ...item, apiVersion, kind: kind.kind }));
}
