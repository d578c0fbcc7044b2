import { type Region, restrictedRegion, topologyRegion } from "@companyos/crds";
import { matchLabelSelector, type NodeFacts } from "@companyos/policies";

export interface NodeInput {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** How a node's region is found. */
export type Vouching = (node: NodeInput, regions: readonly Region[]) => string | undefined;

/**
 * Whether a Region's spec.nodes speaks of this node: named, selected, or by the default label. A kubelet can write
 * the labels this goes by, so it says where a node claims to stand, and proves it only for the names of a Region
 * with `vouchedBy: Names`.
 */
export function claimsNode(region: Region, node: NodeInput): boolean {
  const { names, selector, vouchedBy } = region.spec.nodes ?? {};
  if (vouchedBy === "RestrictedLabel") return false;
  if (names?.includes(node.name)) return true;
  if (vouchedBy === "Names") return false;
  if (names === undefined && selector === undefined) {
    return node.labels[topologyRegion] === region.metadata.name;
  }
  // A selector that cannot be read vouches for nothing.
  return selector !== undefined && matchLabelSelector(selector, node.labels) === true;
}

/** The one Region that claims the node; of two, nobody's word is taken over the other's. */
export function claimedRegion(node: NodeInput, regions: readonly Region[]): string | undefined {
  const claims = regions.filter((region) => claimsNode(region, node));
  return claims.length === 1 ? claims[0]?.metadata.name : undefined;
}

/**
 * The region that somebody other than the kubelet vouches for: the Region with `vouchedBy: Names` that lists the
 * node, else the restricted label. Undefined when nobody does: such a node is unbindable for tenants.
 */
export function vouchedRegion(node: NodeInput, regions: readonly Region[]): string | undefined {
  const byName = ({ spec }: Region) => spec.nodes?.vouchedBy === "Names";
  const naming = regions.filter((region) => byName(region) && region.spec.nodes?.names?.includes(node.name));
  if (naming.length > 0) return naming.length === 1 ? naming[0]?.metadata.name : undefined;
  const written = node.labels[restrictedRegion];
  return regions.find((region) => region.metadata.name === written && !byName(region))?.metadata.name;
}

/** Of manifests in files, where no operator has written down who stands where: a claim is believed. */
export function vouchedOrClaimedRegion(node: NodeInput, regions: readonly Region[]): string | undefined {
  const labelled = node.labels[restrictedRegion] !== undefined;
  return vouchedRegion(node, regions) ?? (labelled ? undefined : claimedRegion(node, regions));
}

export function nodeFacts(node: NodeInput, regions: readonly Region[], vouching: Vouching): NodeFacts {
  return { name: node.name, region: vouching(node, regions), labels: node.labels };
}
