import { residencyResources } from "@companyos/inventory";
import {
  type AnyResource,
  isForbidden,
  isNotFound,
  type KubeClient,
  type KubeObject,
  resources,
} from "@companyos/kube";
import { crdName, customKinds, type PlacedKind, placedKinds } from "@companyos/policies";

/** What decides where a tenant's pods may run, as it stands in the cluster; what you may not read is missing. */
export interface Surroundings {
  readonly regions: readonly KubeObject[];
  readonly policies: readonly KubeObject[];
  readonly nodes: readonly KubeObject[];
  readonly volumes: readonly KubeObject[];
  /** Kinds of other people's controllers that make pods, and whose CRD is there. */
  readonly customKinds: readonly PlacedKind[];
  /** Kinds that you may not list. */
  readonly unread: readonly string[];
}

/** What lies in a namespace and places something, or may be in a footprint's way. */
export interface Contents {
  readonly pods: readonly KubeObject[];
  /** With `apiVersion` and `kind`; those that a controller made too. */
  readonly workloads: readonly KubeObject[];
  readonly claims: readonly KubeObject[];
  /** Quotas, limits and network policies, as far as you may list them. */
  readonly guards: readonly KubeObject[];
  readonly unread: readonly string[];
}

const makers = placedKinds.filter(
  ({ kind, template }) => template && kind !== "Pod" && kind !== "PodTemplate",
);

export async function readSurroundings(client: KubeClient): Promise<Surroundings> {
  const read = reader(client);
  const [crds, regions, policies, nodes, volumes] = await Promise.all([
    crdNames(client),
    read(residencyResources.regions),
    read(residencyResources.policies),
    read(resources.nodes),
    read(resources.persistentVolumes),
  ]);
  return {
    regions,
    policies,
    nodes,
    volumes,
    customKinds: customKinds.filter((kind) => crds?.has(crdName(kind))),
    unread: crds ? read.unread : [...read.unread, "CustomResourceDefinition"],
  };
}

/** Undefined where you may not list them. */
export async function crdNames(client: KubeClient): Promise<ReadonlySet<string> | undefined> {
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const headers = { accept: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1" };
  const { status, text } = await client.raw(path, { headers });
  if (status !== 200) return undefined;
  const { items } = JSON.parse(text) as { items: { metadata: { name: string } }[] | null };
  return new Set((items ?? []).map(({ metadata }) => metadata.name));
}

export async function readContents(
  client: KubeClient,
  namespace: string,
  { customKinds }: Pick<Surroundings, "customKinds">,
): Promise<Contents> {
  const read = reader(client, namespace);
  // They place nothing: what is said of the rest is whole without them.
  const look = reader(client, namespace);
  const guards = Promise.all(
    [resources.resourceQuotas, resources.limitRanges, resources.networkPolicies].map((kind) => look(kind)),
  );
  const [standing, pods, claims, ...made] = await Promise.all([
    guards.then((found) => found.flat()),
    read(resources.pods),
    read(resources.persistentVolumeClaims),
    ...[...makers, ...customKinds].map(({ group, versions, resource: plural, kind }) =>
      read(...versions.map((version) => ({ group, version, plural, kind, namespaced: true }))),
    ),
  ]);
  return { pods, claims, guards: standing, workloads: made.flat(), unread: read.unread };
}

/**
 * Lists one kind, in the first of these versions that is served, each object with its kind on it as in a manifest; notes
 * what you may not list.
 */
function reader(client: KubeClient, namespace?: string) {
  const unread: string[] = [];
  const read = async (...[resource, ...others]: AnyResource[]): Promise<KubeObject[]> => {
    if (!resource) return [];
    try {
      const { items } = await client.list(resource, { namespace });
      const { group, version, kind } = resource;
      const apiVersion = group === "" ? version : `${group}/${version}`;
      return (items as KubeObject[]).map((item) => ({ ...item, apiVersion, kind }));
    } catch (error) {
      if (isNotFound(error)) return read(...others);
      if (!isForbidden(error)) throw error;
      unread.push(resource.kind);
      return [];
    }
  };
  return Object.assign(read, { unread });
}
