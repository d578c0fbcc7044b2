import { labels, type Tenant } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";

/** Address of the node-local DNS cache where a cluster runs one; it is no pod that a selector could name. */
const nodeLocalDns = "169.254.20.10/32";

/**
 * Isolation of a tenant's pods, in both directions: they exchange traffic with pods of the same tenant and look up
 * names, and nothing else. Network policies add up, so an owner who needs more (an ingress controller, an API
 * elsewhere) says so in a NetworkPolicy of their own, where a reviewer finds it. What leaves a region at run time is
 * beyond admission: this policy is the place that holds it back, as far as the cluster's network plugin enforces it.
 */
export function addIsolation(scope: Construct, namespace: string, { metadata, spec }: Tenant): void {
  if (spec.network.isolation === "None") return;
  // By uid too: what a former tenant of the name left behind is not of the same tenant.
  const own = {
    [labels.tenant]: metadata.name,
    ...(metadata.uid === undefined ? {} : { [labels.tenantUid]: metadata.uid }),
  };
  const sameTenant = [{ namespaceSelector: { matchLabels: own } }];
  const dns = [
    { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "kube-system" } } },
    { ipBlock: { cidr: nodeLocalDns } },
  ];
  new k8s.KubeNetworkPolicy(scope, "isolation", {
    metadata: { name: "companyos-isolation", namespace },
    spec: {
      podSelector: {},
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: sameTenant }],
      egress: [
        { to: sameTenant },
        {
          to: dns,
          ports: ["UDP", "TCP"].map((protocol) => ({ protocol, port: k8s.IntOrString.fromNumber(53) })),
        },
      ],
    },
  });
}
