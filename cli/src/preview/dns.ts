/** Where the operator of a cluster has found its DNS, read from what it wrote: see `addIsolation` in cdk8s. */
import { type ClusterDns, usualDns } from "@companyos/cdk8s";
import { labels, managedBy, ownerUid } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";

interface Peer {
  readonly namespaceSelector?: { readonly matchLabels?: Readonly<Record<string, string>> };
  readonly ipBlock?: { readonly cidr: string };
}

interface Isolation {
  readonly spec?: {
    readonly egress?: readonly {
      readonly to?: readonly Peer[];
      readonly ports?: readonly { port?: unknown }[];
    }[];
  };
}

/**
 * Every isolated tenant has the same, so any of their policies tells; one elsewhere, of the same name, is somebody's own. Where
 * there is none yet, what is let through where nobody has looked.
 */
export async function readDns(client: KubeClient, uids: ReadonlySet<string>): Promise<ClusterDns> {
  const [policies, namespaces] = await Promise.all([
    client.list(resources.networkPolicies as Resource, {
      fieldSelector: "metadata.name=companyos-isolation",
      labelSelector: `${labels.managedBy}=${managedBy}`,
    }),
    client.list(resources.namespaces as Resource, { labelSelector: labels.tenantUid }),
  ]);
  return dnsAmong(policies.items, namespaces.items, uids) ?? usualDns;
}

/**
 * By the first policy in a namespace that a Tenant owns by its uid.
 * @param uids of the Tenants in the cluster
 */
export function dnsAmong(
  policies: readonly KubeObject[],
  namespaces: readonly KubeObject[],
  uids: ReadonlySet<string>,
): ClusterDns | undefined {
  const owned = namespaces.filter((namespace) => uids.has(ownerUid(namespace) ?? ""));
  const names = new Set(owned.map(({ metadata }) => metadata.name));
  const [found] = policies
    .filter(({ metadata }) => names.has(metadata.namespace))
    .flatMap((policy) => dnsOf(policy) ?? []);
  return found;
}

/** Undefined for a policy that is none of the operator's. Its first rule is about the tenant itself. */
export function dnsOf(policy: KubeObject): ClusterDns | undefined {
  const [, rule] = (policy as Isolation).spec?.egress ?? [];
  if (!rule?.to || !rule.ports) return undefined;
  const name = "kubernetes.io/metadata.name";
  return {
    namespaces: rule.to.flatMap(({ namespaceSelector }) => namespaceSelector?.matchLabels?.[name] ?? []),
    addresses: rule.to.flatMap(({ ipBlock }) => ipBlock?.cidr ?? []),
    ports: rule.ports.flatMap(({ port }) => (typeof port === "number" ? [port] : [])),
  };
}
