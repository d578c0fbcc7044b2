import { parseRegion, type Region } from "@companyos/crds";
import { vouchedRegion } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";
import { hostnameKey, type Place, type Places } from "./places.ts";

/** There is no such place: what is missing, and what to do. */
export class NoPlace extends Error {
  readonly code: "NO_NODE_AT_HOME" | "NO_NODE_ABROAD";
  constructor(code: NoPlace["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/**
 * Where a tenant may live, and where not, among the Regions and Nodes there are. Only nodes that somebody vouches for
 * count: nobody else's can be bound to.
 */
export function findPlaces(
  tenant: {
    readonly name: string;
    readonly homeRegion: string;
    readonly allowed: readonly string[];
    /** Regions that were taken from it; default none. */
    readonly former?: readonly string[];
  },
  regionObjects: readonly KubeObject[],
  nodes: readonly KubeObject[],
): Places {
  const regions = regionObjects.flatMap((object): Region[] => {
    const parsed = parseRegion(object);
    return parsed.ok ? [parsed.value] : [];
  });
  const inhabited = regions
    .map((region) => placeOf(region, regions, nodes))
    .filter((place) => place.nodes.length > 0);
  const { name, homeRegion, allowed, former = [] } = tenant;
  const lawful = inhabited.filter(({ region }) => allowed.includes(region));
  const home = lawful.find(({ region }) => region === homeRegion) ?? lawful[0];
  if (!home)
    throw new NoPlace(
      "NO_NODE_AT_HOME",
      `none of the regions of ${name} (${allowed.join(", ") || "none"}) has a node that somebody vouches for: nothing could run there. See kubectl get regions, and spec.nodes of the Region`,
    );
  // One with zones tries more ways.
  const foreign = inhabited
    .filter(({ region }) => !allowed.includes(region))
    .toSorted((a, b) => Number(former.includes(a.region)) - Number(former.includes(b.region)));
  const abroad =
    foreign.find(({ region, zone }) => zone !== undefined && !former.includes(region)) ?? foreign[0];
  if (!abroad)
    throw new NoPlace(
      "NO_NODE_ABROAD",
      `no Region outside ${allowed.join(", ")} has a node that somebody vouches for, so there is nowhere to escape to. Choose a tenant that may not use every region, or register a Region for the nodes that stand elsewhere`,
    );
  return { home, abroad, allowed, ...(former.includes(abroad.region) ? { abroadWasAllowed: true } : {}) };
}

function placeOf(region: Region, regions: readonly Region[], nodes: readonly KubeObject[]): Place {
  const here = nodes
    .map(({ metadata }) => ({ name: metadata.name ?? "", labels: metadata.labels ?? {} }))
    .filter((node) => vouchedRegion(node, regions) === region.metadata.name)
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  return {
    region: region.metadata.name,
    zone: region.spec.zones?.find((zone) => isOnlyIn(zone, region, regions)),
    nodes: here.map(({ name }) => name),
    hosts: here.map(({ name, labels }) => labels[hostnameKey] ?? name),
  };
}

/** A zone that several Regions list means several regions. */
function isOnlyIn(zone: string, region: Region, regions: readonly Region[]): boolean {
  return regions.every((one) => one === region || !one.spec.zones?.includes(zone));
}
