import { type Condition, joined, type Region, type RegionStatus } from "@companyos/crds";
import { fewOf } from "@companyos/policies";
import { conditionsOf, type Health } from "../conditions.ts";

/** What stands in a region now, and what is the matter with it. */
export interface RegionFindings {
  readonly region: Region;
  /** All of them. */
  readonly regions: readonly Region[];
  /** How many count as it. */
  readonly nodes: number;
  /** Tenants that live there or are at home there. */
  readonly tenants: readonly string[];
  /** The product's own, whose Events name them. */
  readonly namespace: string;
}

/** Pure; `now` in milliseconds since the epoch. `vouched`: condition NodesVouched. */
export function regionStatus(
  options: RegionFindings & { readonly vouched: Condition; readonly now: number },
): RegionStatus {
  const { region, nodes, now } = options;
  const generation = region.metadata.generation ?? 0;
  return {
    observedGeneration: generation,
    nodes,
    ...joined("zonesText", region.spec.zones),
    conditions: [
      ...conditionsOf(regionHealth(options), { old: region.status?.conditions, generation, now }),
      options.vouched,
    ],
  };
}

/** What waits for a person is Stalled, what waits for nodes is Reconciling. Pure. */
export function regionHealth({ region, regions, nodes, tenants, namespace }: RegionFindings): Health {
  const { name, deletionTimestamp } = region.metadata;
  if (deletionTimestamp) {
    // Owners may read Regions, and no other tenant's name.
    const message = `being deleted, and in force until no Tenant lives here or is at home here, which ${tenants.length} still do. ${leave}: kubectl -n ${namespace} get events --field-selector involvedObject.name=${name}, or companyos status; ${more}`;
    return { state: "Stalled", reason: "InUse", message };
  }
  const others = sharing(region, regions);
  if (others.length > 0) {
    const message = `another Region lists the same zone: ${some(others)}. What asks for it by zone leads into both, so it is refused to whoever may not live in both. Take the zone out of one of them`;
    return { state: "Stalled", reason: "ZoneConflict", message };
  }
  if (nodes > 0)
    return { state: "Ready", reason: "HasNodes", message: `${nodes} node(s) count as this region` };
  const message = `no node counts as this region yet: what is pinned to it waits until one joins. Where none is to come by itself, label nodes topology.kubernetes.io/region=${name}, or set spec.nodes; see condition NodesVouched`;
  return { state: "Reconciling", reason: "NoNodes", message };
}

const leave = "Change their regions and homeRegion, or delete them; who they are";
const more = "what else can be done: companyos explain IN_USE";

/** For those who may look into the product's namespace. Pure. */
export function inUseNote(tenants: readonly string[]): string {
  return `being deleted, and kept in force by Tenants that live here or are at home here: ${some(tenants)}. ${leave} all: companyos status; ${more}`;
}

/** `ZONE (REGION)` for each zone of the Region that another one lists too. */
function sharing(region: Region, regions: readonly Region[]): string[] {
  const zones = new Set(region.spec.zones);
  return regions
    .filter(({ metadata }) => metadata.name !== region.metadata.name)
    .flatMap(({ metadata, spec }) =>
      (spec.zones ?? []).filter((zone) => zones.has(zone)).map((zone) => `${zone} (${metadata.name})`),
    );
}

const named = 10;

function some(names: readonly string[]): string {
  return fewOf(names, named);
}
