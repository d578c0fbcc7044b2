import { type ClusterDns, nodeLocalDns, usualDns } from "@companyos/cdk8s";
import type { KubeObject } from "@companyos/kube";

/** What says where a cluster's DNS is. */
export interface DnsFacts {
  /** Services that may be it. */
  readonly services: Iterable<KubeObject>;
  /** EndpointSlices of those. */
  readonly slices: Iterable<KubeObject>;
  /** What kubelets give the cluster's pods. */
  readonly nameservers: readonly string[];
}

/** Installations may say it themselves; what they say counts instead of what is found. */
export type DnsSettings = Partial<ClusterDns>;

/** Services by which clusters offer DNS unless somebody chose otherwise, in namespaces that no tenant can have. */
export const usualServices = [
  { namespace: "kube-system", labelSelector: "k8s-app=kube-dns" },
  { namespace: "openshift-dns", fieldSelector: "metadata.name=dns-default" },
] as const;

const dnsPort = 53;
const serviceName = "kubernetes.io/service-name";
/** More addresses than this are no DNS; they would be in every tenant's policy. */
const maxAddresses = 64;

/**
 * Where pods of this cluster look names up: the Services that are its DNS, what stands behind them, and the addresses
 * that kubelets hand out. `before` is what was found last: while no pod of the DNS is ready, nobody knows its ports, and
 * they are not forgotten. Pure.
 */
export function findDns(
  { services, slices, nameservers }: DnsFacts,
  settings: DnsSettings,
  before: ClusterDns,
): ClusterDns {
  const dns = [...services].filter(({ spec }) => portsOf(spec).some(({ port }) => port === dnsPort));
  const behind = [...slices].filter((slice) => dns.some((service) => isBehind(slice, service)));
  const ports = behind.flatMap((slice) => {
    const service = dns.find((one) => isBehind(slice, one));
    const names = portsOf(service?.spec)
      .filter(({ port }) => port === dnsPort)
      .map(({ name }) => name ?? "");
    return portsOf(slice)
      .filter(({ name }) => names.includes(name ?? ""))
      .flatMap(({ port }) => (port ? [port] : []));
  });
  const addresses = [
    nodeLocalDns,
    ...nameservers,
    ...dns.flatMap(({ spec }) => (spec.clusterIPs ?? [spec.clusterIP]) as string[]),
    // What is no pod cannot be selected: name servers outside of the cluster.
    ...behind.flatMap((slice) =>
      ((slice.endpoints ?? []) as { addresses?: string[]; targetRef?: object }[])
        .filter(({ targetRef }) => targetRef === undefined)
        .flatMap((endpoint) => endpoint.addresses ?? []),
    ),
  ].filter((address) => address && address !== "None");
  const namespaces = dns.map(({ metadata }) => metadata.namespace!);
  const found: ClusterDns = {
    namespaces: distinct(namespaces.length > 0 ? namespaces : usualDns.namespaces),
    addresses: distinct(addresses).slice(0, maxAddresses),
    ports: distinct([dnsPort, ...(ports.length > 0 ? ports : dns.length > 0 ? before.ports : [])]),
  };
  return {
    namespaces: settings.namespaces?.length ? settings.namespaces : found.namespaces,
    addresses: settings.addresses?.length ? settings.addresses : found.addresses,
    ports: settings.ports?.length ? settings.ports : found.ports,
  };
}

function isBehind(slice: KubeObject, service: KubeObject): boolean {
  const { namespace, labels } = slice.metadata;
  return namespace === service.metadata.namespace && labels?.[serviceName] === service.metadata.name;
}

function portsOf(holder: KubeObject["spec"]): { name?: string; port?: number }[] {
  return holder?.ports ?? [];
}

function distinct<T extends string | number>(values: readonly T[]): T[] {
  return [...new Set(values)].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
