import { labels, type Tenant } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import type { ClusterDns } from "./dns.ts";

/**
 * Isolation of a tenant's pods, in both directions: they exchange traffic with pods of the same tenant and look up
 * names, and nothing else. Network policies add up, so an owner who needs more (an ingress controller, an API
 * elsewhere) says so in a NetworkPolicy of their own, where a reviewer finds it. What leaves a region at run time is
 * beyond admission: this policy is the place that holds it back, as far as the cluster's network plugin enforces it.
 */
export function addIsolation(
  scope: Construct,
  namespace: string,
  { metadata, spec }: Tenant,
  dns: ClusterDns,
): void {
  if (spec.network.isolation === "None") return;
  // By uid too: what a former tenant of the name left behind is not of the same tenant, nor is what it has by default.
  const own = {
    [labels.tenant]: metadata.name,
    ...(metadata.uid === undefined ? {} : { [labels.tenantUid]: metadata.uid }),
  };
  const notByDefault = [{ key: labels.assigned, operator: "DoesNotExist" }];
  const sameTenant = [{ namespaceSelector: { matchLabels: own, matchExpressions: notByDefault } }];
  // Some engines see a Service's address, others where its traffic ends up: each is let through.
  const servers = [
    ...sorted(dns.namespaces).map((name) => ({
      namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
    })),
    ...sorted(dns.addresses).map((address) => ({ ipBlock: { cidr: cidrOf(address) } })),
  ];
  const ports = [...new Set(dns.ports)].sort((a, b) => a - b);
  new k8s.KubeNetworkPolicy(scope, "isolation", {
    metadata: { name: "companyos-isolation", namespace },
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: sameTenant }],
      egress: [
        { to: sameTenant },
        {
          to: servers,
          ports: ports.flatMap((port) =>
            ["UDP", "TCP"].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(port) })),
          ),
        },
      ],
    },
  });
}

function sorted(names: readonly string[]): string[] {
  return [...new Set(names)].sort();
}

/** Of one address the network of that address alone. */
function cidrOf(address: string): string {
  if (address.includes("/")) return address;
  return `${address}/${address.includes(":") ? 128 : 32}`;
}
