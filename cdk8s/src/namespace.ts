import { annotations, labels } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";
import type { FootprintPlan } from "./plan.ts";

/**
 * A tenant's namespace with its residency metadata, complete in one object: there is no moment at which the namespace
 * exists and enforcement does not know whose it is. The labels of the chart (tenant, managed-by) are added to these.
 */
export function addNamespace(scope: Construct, namespace: string, plan: FootprintPlan): void {
  new k8s.KubeNamespace(scope, "namespace", {
    metadata: {
      name: namespace,
      labels: { [labels.mode]: plan.mode, [labels.region]: plan.homeRegion },
      annotations: { [annotations.allowedRegions]: [...plan.regions].sort().join(",") },
    },
  });
}
