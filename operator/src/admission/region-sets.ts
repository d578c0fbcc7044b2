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

/**
 * Of what namespaces in mode Enforce may use, each set of regions once, by the value of their label, sorted. Of more than `most`
 * those that have an entry keep it, then come those of most namespaces: nobody's new set displaces another. `left`: how many have
 * none. Pure.
 */
export function regionSetsOf(
  namespaces: Iterable<Pick<KubeObject, "metadata">>,
  most = Number.POSITIVE_INFINITY,
  hasEntry: (value: string) => boolean = () => false,
): { readonly sets: ReadonlyMap<string, readonly string[]>; readonly left: number } {
  const found = new Map<string, { readonly regions: readonly string[]; namespaces: number }>();
  for (const { metadata } of namespaces) {
    // There are thousands of namespaces and few sets: one that is known is counted by its label.
    const known = found.get(metadata.labels?.[labels.allowedRegions] ?? "");
    if (known) {
      known.namespaces += 1;
      continue;
    }
    const set = regionSetOf(metadata);
    if (set) found.set(set.value, { regions: set.regions, namespaces: 1 });
  }
  const chosen = [...found]
    .map(([value, one]) => ({ value, ...one, stays: Number(hasEntry(value)) }))
    .sort((a, b) => b.stays - a.stays || b.namespaces - a.namespaces || (a.value < b.value ? -1 : 1))
    .slice(0, most)
    .sort((a, b) => (a.value < b.value ? -1 : 1));
  return {
    sets: new Map(chosen.map(({ value, regions }) => [value, regions])),
    left: found.size - chosen.length,
  };
}
