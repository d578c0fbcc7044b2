/** Labels and fields of a Node that say, or seem to say, which region it is in. */

import { restrictedRegion, topologyRegion } from "@companyos/crds";

/** The label that users and other tools read. */
export const topologyRegionKey = topologyRegion;
/** The label that only the operator and administrators can write: where the node was found to stand. */
export const vouchedRegionKey = restrictedRegion;
export const topologyZoneKey = "topology.kubernetes.io/zone";
export const deprecatedRegionKey = "failure-domain.beta.kubernetes.io/region";
export const deprecatedZoneKey = "failure-domain.beta.kubernetes.io/zone";
export const hostnameKey = "kubernetes.io/hostname";
/** The one field that `matchFields` knows. */
export const nodeNameField = "metadata.name";

/** What a requirement speaks about. Every other label is silent about regions. */
export type PlacementKey =
  | "region"
  | "vouchedRegion"
  | "deprecatedRegion"
  | "zone"
  | "deprecatedZone"
  | "hostname"
  | "name";

const labelKeys: ReadonlyMap<string, PlacementKey> = new Map([
  [topologyRegionKey, "region"],
  [vouchedRegionKey, "vouchedRegion"],
  [deprecatedRegionKey, "deprecatedRegion"],
  [topologyZoneKey, "zone"],
  [deprecatedZoneKey, "deprecatedZone"],
  [hostnameKey, "hostname"],
]);

/** The placement key behind a node label, or undefined for a label that is silent about regions. */
export function placementKey(label: string): PlacementKey | undefined {
  return labelKeys.get(label);
}

/** Whether the values of a key are names of regions. */
export function namesRegions(key: PlacementKey): boolean {
  return key === "region" || key === "vouchedRegion" || key === "deprecatedRegion";
}
