import { labels, namespacesOf } from "@companyos/crds";
import type { Inventory, InventoryReflectors } from "@companyos/inventory";
import { metaOf } from "@companyos/kube";
import type { NodeFacts } from "@companyos/policies";
import { fitting } from "./objects/literal.ts";
import type { AdmissionFacts } from "./objects/scope.ts";

/** Names of namespaces that Tenants claim, sorted. */
export function claimedNames(inventory: Pick<Inventory, "tenants">): string[] {
  return [...new Set([...inventory.tenants()].flatMap(namespacesOf))].sort();
}

/** Labels of the namespaces that tenants have, and of those that they claim and that are not there yet. */
export function* tenantsNamespaces(
  inventory: Pick<Inventory, "tenants"> & { readonly reflectors: Pick<InventoryReflectors, "namespaces"> },
): Generator<Readonly<Record<string, string>>> {
  const { store } = inventory.reflectors.namespaces;
  for (const object of store.values()) {
    const all = metaOf(object).labels;
    if (all?.[labels.tenant]) yield all;
  }
  for (const name of claimedNames(inventory))
    if (store.get(name) === undefined) yield { "kubernetes.io/metadata.name": name };
}

/**
 * The cluster state that goes into the policies' literals. `left`: how many nodes and names do not fit: no pod can be bound to
 * a node that is left out, and a name that is left out is not reserved. `announced`: nodes that are about to be vouched
 * for, and their regions. Pure.
 */
export function admissionFacts(
  nodes: Iterable<NodeFacts>,
  claimed: readonly string[],
  announced: Iterable<readonly [name: string, region: string]> = [],
): AdmissionFacts & { readonly left: { readonly nodes: number; readonly names: number } } {
  const regions = new Map(announced);
  for (const { name, region } of nodes) if (region !== undefined) regions.set(name, region);
  const standing = [...regions].sort(([a], [b]) => (a < b ? -1 : 1));
  const fit = new Map(fitting(standing, ([name]) => name.length));
  const reserved = new Set(fitting(claimed, (name) => name.length));
  return {
    nodes: fit,
    reserved,
    left: { nodes: standing.length - fit.size, names: claimed.length - reserved.size },
  };
}
