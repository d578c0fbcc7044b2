import { annotations, labels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";

/** Whether the namespace says what the plan says: admission goes by it. */
export function isReady(namespace: KubeObject, plan: Plan): boolean {
  const { mode, regions, topologyPinned = [] } = plan;
  return residencyOf(namespace) === `${mode} ${regions.join()} ${[...topologyPinned].sort().join()}`;
}

/** What a namespace says to admission. */
export function residencyOf({ metadata }: KubeObject): string {
  const { [annotations.allowedRegions]: allowed, [annotations.topologyPinned]: byTopology = "" } =
    metadata.annotations ?? {};
  return `${metadata.labels?.[labels.mode]} ${allowed} ${byTopology}`;
}
