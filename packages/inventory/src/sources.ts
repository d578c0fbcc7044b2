/**
 * What an inventory is fed with: one entry for each kind of object, whether it is watched or read from files. What a
 * placement reader must look up begins here.
 */
import {
  type Parsed,
  parseRegion,
  parseResidencyPolicy,
  parseTenant,
  type Region,
  type ResidencyPolicy,
  type Tenant,
} from "@companyos/crds";
import { type AnyObject, metaOf, type Resource, resources } from "@companyos/kube";
import type { KubeObject } from "@companyos/policies";
import { namespaceFacts } from "./namespaces.ts";
import { residencyResources } from "./resources.ts";
import type { Feed } from "./view.ts";

export interface Source<T extends AnyObject = AnyObject> {
  readonly resource: Resource<T>;
  /** From a file, which may hold anything. No problems: it is passed over in silence. */
  parse(object: KubeObject): Parsed<T>;
  /** As much of a watched object as is kept in memory; default all. */
  readonly slim?: (object: T) => T;
  put(feed: Feed, object: T): void;
  drop(feed: Feed, object: T): void;
}

const tenants: Source<Tenant> = {
  resource: residencyResources.tenants,
  parse: parseTenant,
  put: (feed, tenant) => feed.putTenant(tenant),
  drop: (feed, { metadata }) => feed.dropTenant(metadata.name),
};

const policies: Source<ResidencyPolicy> = {
  resource: residencyResources.policies,
  parse: parseResidencyPolicy,
  put: (feed, policy) => feed.putPolicy(policy),
  drop: (feed, { metadata }) => feed.dropPolicy(metadata.name),
};

const regions: Source<Region> = {
  resource: residencyResources.regions,
  parse: parseRegion,
  put: (feed, region) => feed.putRegion(region),
  drop: (feed, { metadata }) => feed.dropRegion(metadata.name),
};

const namespaces: Source = {
  resource: resources.namespaces,
  parse: parseMetadata,
  slim: (object) => {
    const { name, uid, resourceVersion, labels, annotations, deletionTimestamp } = metaOf(object);
    return { metadata: { name, uid, resourceVersion, labels, annotations, deletionTimestamp } } as AnyObject;
  },
  put: (feed, namespace) => feed.putNamespace(namespaceFacts(namespace)),
  drop: (feed, object) => feed.dropNamespace(metaOf(object).name ?? ""),
};

const nodes: Source = {
  resource: resources.nodes,
  parse: parseMetadata,
  slim: (object) => {
    const { name, uid, resourceVersion, labels } = metaOf(object);
    return { metadata: { name, uid, resourceVersion, labels } } as AnyObject;
  },
  put: (feed, node) => feed.putNode({ name: metaOf(node).name ?? "", labels: metaOf(node).labels ?? {} }),
  drop: (feed, object) => feed.dropNode(metaOf(object).name ?? ""),
};

export const sources = { tenants, policies, regions, namespaces, nodes } as const;

/** Name, labels and annotations of a built-in object in a file. */
function parseMetadata({ apiVersion, kind, metadata }: KubeObject): Parsed<AnyObject> {
  const name: unknown = metadata?.name;
  if (typeof name !== "string" || name === "") return { ok: false, problems: [] };
  const { labels, annotations } = metadata;
  const value = {
    apiVersion,
    kind,
    metadata: { name, labels: strings(labels), annotations: strings(annotations) },
  };
  return { ok: true, value: value as AnyObject };
}

/** Files may hold anything where a map of strings belongs. */
function strings(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === "string"));
}
