import {
  apiVersion,
  namespacesOf,
  type Parsed,
  parseRegion,
  parseResidencyPolicy,
  parseTenant,
  type Tenant,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/policies";
import type { Inventory } from "./inventory.ts";
import { namespaceFacts } from "./namespaces.ts";
import { vouchedOrClaimedRegion } from "./node-regions.ts";
import { createView, type Feed } from "./view.ts";

/** An object that cannot count because it is not what its kind's schema asks for. */
export interface FileProblem {
  readonly kind: string;
  readonly name: string;
  /** Begins with the field's path where one is to blame: `spec.regions[1]: …`. */
  readonly message: string;
}

/**
 * An inventory of plain objects, for deciding without a cluster: Regions, Tenants, ResidencyPolicies, Nodes and
 * Namespaces among them count (also inside a List), the rest is ignored. A tenant's namespaces need not be there;
 * their pin is the tenant's plan, as the operator would write it.
 */
export function inventoryFromFiles(
  objects: readonly KubeObject[],
): Inventory & { readonly problems: readonly FileProblem[] } {
  const problems: FileProblem[] = [];
  const { inventory, feed } = createView({
    ready: () => true,
    vouching: vouchedOrClaimedRegion,
    whenReady: async () => {},
    unknownNamespace: () => ({ state: "unclaimed" }),
    onCallbackError(error) {
      throw error;
    },
    stop: async () => {},
  });

  for (const object of flat(objects)) {
    if (object.apiVersion === apiVersion) readOwn(object, feed, problems);
    else if (object.apiVersion === "v1") readCore(object, feed);
  }
  feed.settle();
  for (const tenant of inventory.tenants()) claim(tenant, inventory, feed);
  return { ...inventory, problems };
}

function* flat(objects: readonly KubeObject[]): Generator<KubeObject> {
  for (const object of objects) {
    if (typeof object !== "object" || object === null) continue;
    if (object.kind === "List" && Array.isArray(object.items)) yield* flat(object.items);
    else yield object;
  }
}

function readOwn(object: KubeObject, feed: Feed, problems: FileProblem[]): void {
  const read = <T>(parsed: Parsed<T>, put: (value: T) => void) => {
    if (parsed.ok) return put(parsed.value);
    const { kind } = object;
    const name = String(object.metadata?.name ?? "");
    for (const { field, message } of parsed.problems) {
      problems.push({ kind, name, message: field === "" ? message : `${field}: ${message}` });
    }
  };
  if (object.kind === "Tenant") read(parseTenant(object), feed.putTenant);
  if (object.kind === "ResidencyPolicy") read(parseResidencyPolicy(object), feed.putPolicy);
  if (object.kind === "Region") read(parseRegion(object), feed.putRegion);
}

function readCore(object: KubeObject, feed: Feed): void {
  const name: unknown = object.metadata?.name;
  if (typeof name !== "string" || name === "") return;
  const labels = strings(object.metadata.labels);
  if (object.kind === "Node") feed.putNode({ name, labels });
  if (object.kind === "Namespace") {
    const annotations = strings(object.metadata.annotations);
    feed.putNamespace(namespaceFacts({ metadata: { name, labels, annotations } }));
  }
}

/** Files may hold anything where a map of strings belongs. */
function strings(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).filter(([, text]) => typeof text === "string"));
}

function claim(tenant: Tenant, inventory: Inventory, feed: Feed): void {
  const pin = inventory.plan(tenant.metadata.name)?.regions ?? [];
  for (const name of namespacesOf(tenant)) {
    const there = inventory.lookup(name);
    // Read from a cluster, where it is another Tenant's: the operator would not take it over either.
    if (there.state === "error" && there.code === "NAMESPACE_NOT_ITS_TENANTS") continue;
    feed.putNamespace({ name, tenant: tenant.metadata.name, tenantUid: tenant.metadata.uid, pin });
  }
}
