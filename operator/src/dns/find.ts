import { isIP } from "node:net";
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
  /** Whether a Tenant claims this namespace: whoever writes there may take an address that is free for a moment. */
  isTenants(namespace: string): boolean;
}

/** Installations may say it themselves; what they say counts instead of what is found. */
export type DnsSettings = Partial<ClusterDns>;

/**
 * Where Services may be the cluster's DNS: those of kube-system, where no tenant writes, and those whose address kubelets hand
 * out, which the API server gives to one Service only. No other is followed by its name: anybody who may create namespaces could
 * make it.
 */
export function whereDnsIs(nameservers: readonly string[]): readonly DnsSelector[] {
  return [
    { namespace: systemNamespace, labelSelector: "k8s-app=kube-dns" },
    ...nameservers.map((address) => ({ fieldSelector: `spec.clusterIP=${address}` })),
  ];
}

export interface DnsSelector {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

const systemNamespace = "kube-system";
const dnsPort = 53;
const serviceName = "kubernetes.io/service-name";
/** More addresses than this are no DNS; they would be in every tenant's policy. */
const maxAddresses = 64;

/**
 * Where pods of this cluster look names up: the Services that are its DNS, what stands behind them, and the addresses
 * that kubelets hand out. `before` is what was found last: while no pod of the DNS is ready, nobody knows its ports, and
 * they are not forgotten. A tenant's namespace is followed only where the settings name it. Pure.
 */
export function findDns(
  { services, slices, nameservers, isTenants }: DnsFacts,
  settings: DnsSettings,
  before: ClusterDns,
): ClusterDns {
  const dns = [...services].filter(
    (one) =>
      isTheClusters(one, nameservers) &&
      (settings.namespaces?.includes(one.metadata.namespace!) || !isTenants(one.metadata.namespace!)) &&
      portsOf(one.spec).some(({ port }) => port === dnsPort),
  );
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
    ...dns.flatMap(addressesOf),
    // What is no pod cannot be selected: name servers outside of the cluster.
    ...behind.flatMap((slice) =>
      ((slice.endpoints ?? []) as { addresses?: string[]; targetRef?: object }[])
        .filter(({ targetRef }) => targetRef === undefined)
        .flatMap((endpoint) => endpoint.addresses ?? []),
    ),
    // A headless Service has `None`, an EndpointSlice of type FQDN names: neither can be in a NetworkPolicy.
  ].filter(isAddress);
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

/** Whoever made it: nobody but the cluster, or its address is the cluster's to give. */
function isTheClusters(service: KubeObject, nameservers: readonly string[]): boolean {
  return (
    service.metadata.namespace === systemNamespace ||
    addressesOf(service).some((address) => nameservers.includes(address))
  );
}

/** With a zone it leads somewhere else on each host. */
const isAddress = (text: string): boolean => isIP(text) !== 0 && !text.includes("%");

function addressesOf({ spec }: KubeObject): string[] {
  return spec.clusterIPs ?? [spec.clusterIP];
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
