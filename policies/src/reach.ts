/**
 * Where a term of requirements lets a pod go. Two separate questions:
 *
 * - **requested**: the regions its author named, by region, zone, host or node name, over the regions that exist.
 * - **bound**: the regions no node can be outside of, whatever nodes join later and whatever labels they carry.
 *
 * Only the two region labels of the pin and the node's own name bound: a kubelet may write any zone or host name beside
 * any region, so those say what the author meant and prove nothing. `NotIn` and `Exists` admit regions that do not
 * exist yet, and nodes without a region, so they bound nothing either. Of the two labels a kubelet may write
 * `topology.kubernetes.io/region`; a node that lies there is refused when a pod is bound to it.
 */

import { namesRegions, type PlacementKey } from "./keys.ts";
import type { Requirement } from "./requirements.ts";
import { oneLine } from "./shape.ts";
import type { TopologyIndex } from "./topology-index.ts";
import { LabelValues } from "./values.ts";

export type Requested =
  | { readonly kind: "none" }
  | {
      readonly kind: "regions";
      readonly regions: ReadonlySet<string>;
      readonly field: string;
      readonly raw?: string;
    }
  | {
      readonly kind: "unresolvable";
      readonly field: string;
      readonly detail: string;
      readonly raw?: string;
      readonly reason?: "NODE_UNKNOWN" | "NODE_WITHOUT_REGION";
    };

/** What the author requested in one term. `requirements` are ANDed and must not contain the pin; `field` is the term's. */
export function requestedBy(
  requirements: readonly Requirement[],
  field: string,
  index: TopologyIndex,
): Requested {
  const named: { regions: ReadonlySet<string>; requirements: readonly Requirement[] }[] = [];
  for (const [key, own] of byKey(requirements)) {
    const requested = requestedByKey(key, own, index);
    if (requested.kind === "unresolvable") return requested;
    if (requested.kind === "regions") named.push({ regions: requested.regions, requirements: own });
  }
  if (named.length === 0) return { kind: "none" };
  let regions = named.map((part) => part.regions).reduce(intersection);
  // Requests that contradict each other match no node. The author is still told about every region named.
  if (regions.size === 0) regions = new Set(named.flatMap((part) => [...part.regions]));
  const all = named.flatMap((part) => part.requirements);
  const raw = rawOf(all);
  return { kind: "regions", regions, field: fieldOf(all, field), ...(raw === undefined ? {} : { raw }) };
}

function requestedByKey(
  key: PlacementKey,
  requirements: readonly Requirement[],
  index: TopologyIndex,
): Requested {
  const values = narrowed(requirements);
  const unresolvable = (
    detail: string,
    raw: string | undefined,
    reason?: "NODE_UNKNOWN" | "NODE_WITHOUT_REGION",
  ): Requested => ({
    kind: "unresolvable",
    field: (requirements[0] as Requirement).field,
    detail,
    ...(raw === undefined ? {} : { raw: oneLine(raw) }),
    ...(reason === undefined ? {} : { reason }),
  });
  const regions = new Set<string>();
  if (values.finite && !values.absent) {
    // In [a] and In [b]: nothing matches, but both were named.
    const listed =
      values.finite.size > 0
        ? values.finite
        : requirements.flatMap((one) => (one.operator === "In" ? one.values : []));
    for (const value of listed) {
      const resolved = index.resolve(key, value);
      if (!("regions" in resolved)) return unresolvable(resolved.detail, value, resolved.reason);
      for (const region of resolved.regions) regions.add(region);
    }
    return { kind: "regions", regions, field: "" };
  }

  const isRegion = namesRegions(key);
  const operators = new Set(requirements.map((one) => one.operator));
  const left = isRegion
    ? [...index.regions].filter((region) => values.has(region))
    : regionsLeft(key, values, index);
  // Avoiding one zone or one machine says nothing about regions as long as no region is avoided whole.
  const onlyAvoids = operators.size === 1 && operators.has("NotIn");
  if (!isRegion && onlyAvoids && left.length === index.tally(key).size) return { kind: "none" };
  // Zones and machines have no order that would mean a region.
  const ordered = !isRegion && (operators.has("Gt") || operators.has("Lt"));
  if (left.length === 0 || ordered || values.finite)
    return unresolvable("no registered region satisfies it", [...operators].join(","));
  return { kind: "regions", regions: new Set(left), field: "" };
}

/** Regions of which some zone or node is not excluded. Linear in what is excluded, not in the nodes there are. */
function regionsLeft(key: PlacementKey, values: LabelValues, index: TopologyIndex): string[] {
  const gone = new Map<string, number>();
  for (const value of values.excluded) {
    const resolved = index.resolve(key, value);
    if ("regions" in resolved)
      for (const region of resolved.regions) gone.set(region, (gone.get(region) ?? 0) + 1);
  }
  return [...index.tally(key)]
    .filter(([region, count]) => count > (gone.get(region) ?? 0))
    .map(([region]) => region);
}

/** The regions a term cannot leave: undefined when it is not bound at all, `unknown` for names nobody registered. */
export function boundOf(
  requirements: readonly Requirement[],
  index: TopologyIndex,
): ReadonlySet<string> | undefined {
  const keys = byKey(requirements);
  let bound: ReadonlySet<string> | undefined;
  for (const key of ["region", "vouchedRegion", "name"] as const) {
    const own = keys.get(key);
    const values = own && narrowed(own);
    if (!values?.finite || values.absent) continue;
    const regions = new Set<string>();
    for (const value of values.finite) {
      const resolved = index.resolve(key, value);
      if ("regions" in resolved) for (const region of resolved.regions) regions.add(region);
      else regions.add("unknown");
    }
    bound = bound ? intersection(bound, regions) : regions;
  }
  return bound;
}

function narrowed(requirements: readonly Requirement[]): LabelValues {
  const values = new LabelValues();
  for (const { operator, values: listed } of requirements) values.narrow(operator, listed);
  return values;
}

function intersection(a: ReadonlySet<string>, b: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...a].filter((region) => b.has(region)));
}

function byKey(requirements: readonly Requirement[]): Map<PlacementKey, Requirement[]> {
  const keys = new Map<PlacementKey, Requirement[]>();
  for (const requirement of requirements) {
    const at = keys.get(requirement.key);
    if (at) at.push(requirement);
    else keys.set(requirement.key, [requirement]);
  }
  return keys;
}

/** The one requirement that speaks, or the whole term when several do. */
function fieldOf(requirements: readonly Requirement[], term: string): string {
  return requirements.length === 1 ? (requirements[0] as Requirement).field : term;
}

/** What was written, where it is not the name of a region. */
function rawOf(requirements: readonly Requirement[]): string | undefined {
  const written = requirements
    .filter(({ key }) => !namesRegions(key))
    .flatMap(({ values }) => values.slice(0, 8));
  return written.length === 0 ? undefined : oneLine(written.slice(0, 8).join(","));
}
