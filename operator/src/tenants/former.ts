import { annotations, labels, regionsListed } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";

/** So many are remembered; a tenant does not move more often than that before its workloads follow. */
const most = 50;

/**
 * What a namespace says of regions that are taken from it by what is about to be written: in the same request, since pods of
 * templates that still name them are made at any moment. The label is kept while it is there; who sees that no
 * template names them any more may take it off. What was nobody's in between kept the pins of before, and gets it again.
 * @param live the namespace as it stands
 * @param allowed regions that it will have
 */
export function formerRegions(
  live: KubeObject | null,
  allowed: readonly string[],
): { labels: Record<string, string>; annotations: Record<string, string> } {
  const goneOf = (annotation: Parameters<typeof regionsListed>[1]) =>
    regionsListed(live?.metadata, annotation).filter((region) => !allowed.includes(region));
  const taken = goneOf(annotations.allowedRegions);
  const before = goneOf(annotations.formerRegions);
  const former = [...new Set([...taken, ...before])].slice(0, most).sort();
  const { [labels.tenant]: tenant, [labels.moved]: moved } = live?.metadata.labels ?? {};
  // What was made meanwhile is pinned to no region.
  const hadNone = live?.metadata.annotations?.[annotations.allowedRegions] === "" && allowed.some(Boolean);
  const isMoved =
    taken.length > 0 || hadNone || moved !== undefined || (tenant === undefined && former.length > 0);
  return {
    labels: isMoved ? { [labels.moved]: "true" } : {},
    annotations: former.length > 0 ? { [annotations.formerRegions]: former.join(",") } : {},
  };
}
