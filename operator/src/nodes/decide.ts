import { type Region, restrictedRegion, topologyRegion } from "@companyos/crds";
import { claimedRegion, claimsNode, vouchedRegion } from "@companyos/inventory";

export interface SeenNode {
  readonly name: string;
  readonly uid: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** Where a node of this name stood when it was last vouched for. */
export interface KnownNode {
  readonly uid: string;
  readonly region: string;
  /** The label was taken back from this very node when its Region went, or listed it no more. */
  readonly takenBack?: true | undefined;
}

/** What a node that contradicts itself says. */
export const saysNothing = "nothing";

export type NodeDecision =
  /** `write`: the restricted label is to be set. `says`: what the node's own labels say instead of `region`. */
  | {
      readonly state: "vouched";
      readonly region: string;
      readonly write: boolean;
      readonly says?: string | undefined;
    }
  /** No Region may be given to it; tenants' pods cannot be bound to it. */
  | {
      readonly state: "unvouched";
      readonly reason: "NoClaim" | "LabelRefused" | "NotListed" | "RegionGone" | "StoodElsewhere";
      readonly claim?: string | undefined;
    };

/**
 * Decides which region a node counts as. A node's own labels are trusted once: when it is first seen and the Region that it
 * claims says `FirstSeen`. What is written then stays, whatever its kubelet says later. A node that was deleted and made again
 * under its name, or whose Region went or lists it no more, gets no second first time: when it claims another region it waits for an
 * administrator. Pure.
 */
export function decideNode(
  node: SeenNode,
  regions: readonly Region[],
  known: KnownNode | undefined,
): NodeDecision {
  const written = node.labels[restrictedRegion];
  const vouched = vouchedRegion(node, regions);
  const claim = claimedRegion(node, regions);
  if (vouched !== undefined) {
    const says = contradiction(node, regions, vouched);
    return { state: "vouched", region: vouched, write: written !== vouched, says };
  }
  if (written !== undefined) {
    const isRegion = regions.some(({ metadata }) => metadata.name === written);
    // Of two Regions that list it, one is wrong, and nobody knows which.
    const isListed = regions.some(({ spec }) => spec.nodes?.names?.includes(node.name));
    const refused = isListed ? "LabelRefused" : "NotListed";
    return { state: "unvouched", reason: isRegion ? refused : "RegionGone", claim };
  }
  if (claim === undefined) return { state: "unvouched", reason: "NoClaim" };
  const isAnother = known !== undefined && (known.uid !== node.uid || known.takenBack);
  if (isAnother && known.region !== claim) return { state: "unvouched", reason: "StoodElsewhere", claim };
  return { state: "vouched", region: claim, write: true };
}

/** What the node's own labels say when that is not `vouched`. */
export function contradiction(
  node: Pick<SeenNode, "name" | "labels">,
  regions: readonly Region[],
  vouched: string,
): string | undefined {
  const other = regions.find((region) => region.metadata.name !== vouched && claimsNode(region, node));
  if (other) return other.metadata.name;
  const label = node.labels[topologyRegion];
  const region = regions.find(({ metadata }) => metadata.name === vouched);
  const authority = region?.spec.nodes?.vouchedBy ?? "FirstSeen";
  const stands = authority === "FirstSeen" ? region !== undefined && claimsNode(region, node) : true;
  const says = label === undefined || label === vouched ? saysNothing : label;
  // A cloud's own name for the place contradicts nothing, as long as it is no other Region's.
  if (stands && !regions.some(({ metadata }) => metadata.name === says)) return undefined;
  return says;
}
