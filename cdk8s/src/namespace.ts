import { createHash } from "node:crypto";
import { annotations, labels, noRegion } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import type { FootprintPlan } from "./plan.ts";

/**
 * A tenant's namespace with its residency metadata, complete in one object: there is no moment at which the namespace
 * exists and enforcement does not know whose it is. The labels of the chart (tenant, managed-by) are added to these.
 * `uid` is the Tenant's; a Tenant that is not in a cluster yet has none.
 */
export function addNamespace(
  scope: Construct,
  namespace: string,
  plan: FootprintPlan,
  uid: string | undefined,
): void {
  const { topologyPinned = [] } = plan;
  new k8s.KubeNamespace(scope, "namespace", {
    metadata: {
      name: namespace,
      labels: {
        [labels.mode]: plan.mode,
        [labels.region]: plan.homeRegion,
        ...(plan.mode === "Enforce" ? { [labels.allowedRegions]: allowedRegionsLabel(plan.regions) } : {}),
        ...(uid === undefined ? {} : { [labels.tenantUid]: uid }),
      },
      annotations: {
        [annotations.allowedRegions]: listed(plan.regions),
        ...(topologyPinned.length === 0 ? {} : { [annotations.topologyPinned]: listed(topologyPinned) }),
      },
    },
  });
}

/** The allowed regions as a label's value: joined by `_`, which stands in no region's name, or a digest where that is too long. */
export function allowedRegionsLabel(regions: readonly string[]): string {
  const joined = [...new Set(regions)].sort().join("_") || noRegion;
  return joined.length <= 63 ? joined : createHash("sha256").update(joined).digest("hex").slice(0, 32);
}

function listed(regions: readonly string[]): string {
  return [...regions].sort().join(",");
}
