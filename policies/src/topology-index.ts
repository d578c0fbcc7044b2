/** From what a requirement names (region, zone, host, node) to regions, by what is known of them. */
import { hostnameKey, type PlacementKey } from "./keys.ts";
import type { NodeFacts, Topology } from "./types.ts";

/** What a name stands for: registered regions, or why none can be given. */
export type Resolved =
  | { readonly regions: ReadonlySet<string> }
  | { readonly detail: string; readonly reason?: "NODE_UNKNOWN" | "NODE_WITHOUT_REGION" };

export interface TopologyIndex {
  readonly regions: ReadonlySet<string>;
  /** Resolves one value of a key. */
  resolve(key: PlacementKey, value: string): Resolved;
  /** How many known zones, host names or node names each region has. */
  tally(key: PlacementKey): ReadonlyMap<string, number>;
}

export function topologyIndex(topology: Topology): TopologyIndex {
  const regions = new Set(topology.regions.map((region) => region.name));
  const zones = new Map<string, Set<string>>();
  for (const region of topology.regions)
    for (const zone of region.zones) {
      const at = zones.get(zone);
      if (at) at.add(region.name);
      else zones.set(zone, new Set([region.name]));
    }
  // Only built when a host name is asked for: a walk over all nodes.
  let hosts: Map<string, NodeFacts[]> | undefined;
  const hostsNow = () => {
    hosts ??= hostsOf(topology);
    return hosts;
  };

  const tallies = new Map<PlacementKey, Map<string, number>>();

  const index: TopologyIndex = {
    regions,
    resolve(key, value) {
      switch (key) {
        case "region":
        case "vouchedRegion":
        case "deprecatedRegion":
          return regions.has(value)
            ? { regions: new Set([value]) }
            : { detail: "there is no Region of that name" };
        case "zone":
        case "deprecatedZone": {
          const at = zones.get(value);
          return at ? { regions: at } : { detail: "no Region lists that zone in spec.zones" };
        }
        case "hostname":
          return resolveNodes(hostsNow().get(value) ?? [], regions);
        case "name": {
          const node = topology.nodes.get(value);
          return resolveNodes(node ? [node] : [], regions);
        }
      }
    },
    tally(key) {
      let counts = tallies.get(key);
      if (!counts) {
        counts = new Map();
        const known = zoneKey(key)
          ? zones.keys()
          : key === "hostname"
            ? hostsNow().keys()
            : topology.nodes.keys();
        for (const value of known) {
          const resolved = index.resolve(key, value);
          if (!("regions" in resolved)) continue;
          for (const region of resolved.regions) counts.set(region, (counts.get(region) ?? 0) + 1);
        }
        tallies.set(key, counts);
      }
      return counts;
    },
  };
  return index;
}

function zoneKey(key: PlacementKey): boolean {
  return key === "zone" || key === "deprecatedZone";
}

/** A host name is the label's value; where a node carries no such label, its own name. */
function hostsOf(topology: Topology): Map<string, NodeFacts[]> {
  const hosts = new Map<string, NodeFacts[]>();
  for (const node of topology.nodes.values()) {
    const host = Object.hasOwn(node.labels, hostnameKey) ? (node.labels[hostnameKey] as string) : node.name;
    const at = hosts.get(host);
    if (at) at.push(node);
    else hosts.set(host, [node]);
  }
  return hosts;
}

function resolveNodes(nodes: readonly NodeFacts[], regions: ReadonlySet<string>): Resolved {
  if (nodes.length === 0) return { detail: "there is no such node", reason: "NODE_UNKNOWN" };
  const found = new Set<string>();
  for (const { region } of nodes) {
    if (region === undefined || !regions.has(region))
      return { detail: "nobody vouches for that node's region", reason: "NODE_WITHOUT_REGION" };
    found.add(region);
  }
  return { regions: found };
}
