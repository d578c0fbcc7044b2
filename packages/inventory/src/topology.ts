/** Regions and nodes, and what readers see of them. */
import type { Region } from "@companyos/crds";
import type { NodeFacts, RegionFacts, Topology } from "@companyos/policies";
import type { NamespaceFacts } from "./namespaces.ts";
import { type NodeInput, nodeFacts, type Vouching } from "./node-regions.ts";

type Pin = Pick<NamespaceFacts, "pin" | "topologyPinned">;

/** `vouching` finds the region of a node. `of` gives what is seen from a namespace with this pin. */
export function createTopology(vouching: Vouching) {
  const regions = new Map<string, Region>();
  const inputs = new Map<string, NodeInput>();
  /** Sorted by name; undefined: to be made anew. */
  let sorted: readonly Region[] | undefined;
  let facts: readonly RegionFacts[] = [];
  let nodes: Map<string, NodeFacts> = new Map();
  /** Nodes to be looked at again; `all` after a Region changed. */
  let stale: Set<string> | "all" = new Set();
  /** Topologies differ only by pin, and few pins are in use. */
  let topologies = new Map<string, Topology>();

  function settle(): void {
    if (sorted === undefined) {
      sorted = [...regions.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      facts = sorted.map(({ metadata: { name }, spec }) => ({
        name,
        jurisdiction: spec.jurisdiction,
        zones: spec.zones ?? [],
      }));
    }
    if (stale === "all" || stale.size > 0) {
      // Topologies handed out keep their map: one decision sees one topology.
      const next = stale === "all" ? new Map<string, NodeFacts>() : new Map(nodes);
      for (const name of stale === "all" ? inputs.keys() : stale) {
        const input = inputs.get(name);
        if (input) next.set(name, nodeFacts(input, sorted, vouching));
        else next.delete(name);
      }
      nodes = next;
      stale = new Set();
    }
  }

  function changed(): true {
    topologies = new Map();
    return true;
  }

  return {
    /** True when anything that decisions rest on changed. */
    putRegion(region: Region): boolean {
      const old = regions.get(region.metadata.name);
      regions.set(region.metadata.name, region);
      sorted = undefined;
      if (old && JSON.stringify(old.spec) === JSON.stringify(region.spec)) return false;
      stale = "all";
      return changed();
    },
    dropRegion(name: string): boolean {
      if (!regions.delete(name)) return false;
      sorted = undefined;
      stale = "all";
      return changed();
    },
    putNode(node: NodeInput): boolean {
      const old = inputs.get(node.name);
      if (old && sameLabels(old.labels, node.labels)) return false;
      inputs.set(node.name, node);
      if (stale !== "all") stale.add(node.name);
      return changed();
    },
    dropNode(name: string): boolean {
      if (!inputs.delete(name)) return false;
      if (stale !== "all") stale.add(name);
      return changed();
    },
    regions(): readonly Region[] {
      settle();
      return sorted ?? [];
    },
    facts(): readonly RegionFacts[] {
      settle();
      return facts;
    },
    nodes(): ReadonlyMap<string, NodeFacts> {
      settle();
      return nodes;
    },
    of({ pin, topologyPinned }: Pin = { pin: [], topologyPinned: [] }): Topology {
      const key = `${pin.join(",")} ${topologyPinned.join(",")}`;
      let topology = topologies.get(key);
      if (topology === undefined) {
        settle();
        topology = { regions: facts, nodes, pin, ...(topologyPinned.length === 0 ? {} : { topologyPinned }) };
        topologies.set(key, topology);
      }
      return topology;
    },
  };
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
