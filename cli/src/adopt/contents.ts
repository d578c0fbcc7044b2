import { residencyResources } from "@companyos/inventory";
import { type AnyResource, isForbidden, type KubeClient, type KubeObject, resources } from "@companyos/kube";
import { placedKinds } from "@companyos/policies";

/** What decides where a tenant's pods may run, as it stands in the cluster; what you may not read is missing. */
export interface Surroundings {
  readonly regions: readonly KubeObject[];
  readonly policies: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly volumes: readonly KubeObject[];
  /** Kinds that you may not list. */
  readonly unread: readonly string[];
}

/** What lies in a namespace and places something. */
export interface Contents {
  readonly pods: readonly KubeObject[];
  /** With `apiVersion` and `kind`; those that a controller made too. */
  readonly workloads: readonly KubeObject[];
  readonly claims: readonly KubeObject[];
  readonly unread: readonly string[];
}

const makers = placedKinds.filter(
  ({ kind, template }) => template && kind !== "Pod" && kind !== "PodTemplate",
);

export async function readSurroundings(client: KubeClient): Promise<Surroundings> {
  const read = reader(client);
  const [regions, policies, nodes, volumes] = await Promise.all([
    read(residencyResources.regions),
    read(residencyResources.policies),
    read(resources.nodes),
    read(resources.persistentVolumes),
  ]);
  return { regions, policies, nodes, volumes, unread: read.unread };
}

export async function readContents(client: KubeClient, namespace: string): Promise<Contents> {
  const read = reader(client, namespace);
  const [pods, claims, ...made] = await Promise.all([
    read(resources.pods),
    read(resources.persistentVolumeClaims),
    ...makers.map(({ group, versions: [version], resource: plural, kind }) =>
      read({ group, version, plural, kind, namespaced: true }),
    ),
  ]);
  return { pods, claims, workloads: made.flat(), unread: read.unread };
}

/** Lists one kind, each object with its kind on it as in a manifest, and notes what you may not list. */
function reader(client: KubeClient, namespace?: string) {
  const unread: string[] = [];
  const read = async (resource: AnyResource): Promise<KubeObject[]> => {
    try {
      const { items } = await client.list(resource, { namespace });
      const { group, version, kind } = resource;
      const apiVersion = group === "" ? version : `${group}/${version}`;
      return (items as KubeObject[]).map((item) => ({ ...item, apiVersion, kind }));
    } catch (error) {
      if (!isForbidden(error)) throw error;
      unread.push(resource.kind);
      return [];
    }
  };
  return Object.assign(read, { unread });
}
