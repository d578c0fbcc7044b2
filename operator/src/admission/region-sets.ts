import { allowedRegionsLabel } from "@companyos/cdk8s";
import { annotations, labels, noRegion, regionsListed } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";

/** What names a Region: a DNS label (RFC 1123). */
const regionName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * What webhooks may be chosen by: the regions of a tenant's namespace in mode Enforce, and their label; `noRegion` where it
 * may use none. Undefined where it says none, or not as the operator writes it: somebody else did. Pure.
 */
export function regionSetOf(
  metadata: KubeObject["metadata"],
): { readonly value: string; readonly regions: readonly string[] } | undefined {
  const {
    [labels.tenant]: tenant,
    [labels.mode]: mode,
    [labels.allowedRegions]: value,
  } = metadata.labels ?? {};
  if (!tenant || mode !== "Enforce" || value === undefined) return undefined;
  const regions = [...new Set(regionsListed(metadata, annotations.allowedRegions))].sort();
  if (!regions.every((region) => regionName.test(region))) return undefined;
  if (value !== allowedRegionsLabel(regions)) return undefined;
  return { value, regions: regions.length === 0 ? [noRegion] : regions };
}

/** Of what namespaces in mode Enforce may use, each set of regions once, by the value of their label, sorted. Pure. */
export function regionSetsOf(
  namespaces: Iterable<Pick<KubeObject, "metadata">>,
): ReadonlyMap<string, readonly string[]> {
  const sets = new Map<string, readonly string[]>();
  for (const { metadata } of namespaces) {
    // There are thousands of namespaces and few sets.
    if (sets.has(metadata.labels?.[labels.allowedRegions] ?? "")) continue;
    const set = regionSetOf(metadata);
    if (set) sets.set(set.value, set.regions);
  }
  return new Map([...sets].sort(([a], [b]) => (a < b ? -1 : 1)));
}
