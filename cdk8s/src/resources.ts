import type { Tenant } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";

type Quantities = Readonly<Record<string, string>>;

/** What the namespace as a whole may use. */
export function addQuota(scope: Construct, namespace: string, { spec }: Tenant): void {
  if (spec.quota === undefined) return;
  new k8s.KubeResourceQuota(scope, "quota", {
    metadata: { name: "companyos-quota", namespace },
    spec: { hard: quantities(spec.quota.hard) },
  });
}

/** What one container gets when it says nothing, and the most and least it may ask for. */
export function addLimits(scope: Construct, namespace: string, { spec }: Tenant): void {
  const limits = Object.entries(spec.limits ?? {}).flatMap(([name, values]) =>
    values === undefined ? [] : [[name, quantities(values)] as const],
  );
  if (limits.length === 0) return;
  new k8s.KubeLimitRange(scope, "limits", {
    metadata: { name: "companyos-limits", namespace },
    spec: { limits: [{ type: "Container", ...Object.fromEntries(limits) }] },
  });
}

function quantities(values: Quantities): Record<string, k8s.Quantity> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, k8s.Quantity.fromString(value)]),
  );
}
