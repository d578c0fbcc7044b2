import type { Inventory } from "@companyos/inventory";
import { asksElsewhere, placedKind, type Topology, unpinned } from "@companyos/policies";
import type { Held } from "./due.ts";
import type { Workload } from "./workload.ts";

/**
 * What its author asks for, apart from any pin, is not allowed any more. Such a template is not pinned; its author's next
 * update is, by admission, and its pods fit nowhere then.
 */
export function authorAsksElsewhere(
  { kind, object }: Workload,
  regions: readonly string[],
  topology: Topology,
): Held | undefined {
  const { group, kind: name } = kind.resource;
  const placements = placedKind(group, name)?.read(unpinned(object, kind.path), undefined, topology) ?? [];
  for (const placement of placements) {
    const { constraint, field } = placement;
    if (constraint === "regions" && !placement.regions.every((region) => regions.includes(region)))
      return asksElsewhere(`${placement.regions.join(", ")} (${field})`);
    if (constraint === "unresolvable")
      return asksElsewhere(`what is no known region (${field}: ${placement.detail})`);
  }
  return undefined;
}

/** The same, read once for each version of a workload and of what the regions are. */
export function elsewhere(inventory: Pick<Inventory, "topology">) {
  const read = new WeakMap<object, { topology: Topology; regions: string; held: Held | undefined }>();
  return (workload: Workload, regions: readonly string[]): Held | undefined => {
    const topology = inventory.topology(workload.object.metadata.namespace ?? "");
    const known = read.get(workload.object);
    if (known?.topology === topology && known.regions === String(regions)) return known.held;
    const held = authorAsksElsewhere(workload, regions, topology);
    read.set(workload.object, { topology, regions: String(regions), held });
    return held;
  };
}
