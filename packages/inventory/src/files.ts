import { byPrecedence, namespacesOf, type Tenant } from "@companyos/crds";
import { apiVersionOf } from "@companyos/kube";
import type { KubeObject } from "@companyos/policies";
import type { Inventory } from "./inventory.ts";
import { vouchedOrClaimedRegion } from "./node-regions.ts";
import { type Source, sources } from "./sources.ts";
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
    // The plan's problems say it to whoever reads the plan.
    onUncompiled() {},
    stop: async () => {},
  });

  for (const object of flat(objects)) read(object, feed, problems);
  feed.settle();
  claimAll([...inventory.tenants()], inventory, feed);
  return { ...inventory, problems };
}

function* flat(objects: readonly KubeObject[]): Generator<KubeObject> {
  for (const object of objects) {
    if (typeof object !== "object" || object === null) continue;
    if (object.kind === "List" && Array.isArray(object.items)) yield* flat(object.items);
    else yield object;
  }
}

const byKind = new Map<string, Source>(
  Object.values(sources).map((source) => {
    const { resource } = source;
    // A list of sources of different objects: each is handed only what it parsed itself.
    return [`${apiVersionOf(resource)} ${resource.kind}`, source as Source];
  }),
);

/** The version that is served of each kind of ours. Another one would be refused by the API server, not ignored. */
const served = new Map(
  [sources.tenants, sources.policies, sources.regions].map(({ resource }) => [
    `${resource.group} ${resource.kind}`,
    apiVersionOf(resource),
  ]),
);

function read(object: KubeObject, feed: Feed, problems: FileProblem[]): void {
  const { kind } = object;
  const source = byKind.get(`${object.apiVersion} ${kind}`);
  const version = served.get(`${String(object.apiVersion).split("/")[0]} ${kind}`);
  if (version !== undefined && version !== object.apiVersion) {
    const message = `apiVersion: ${String(object.apiVersion)} is not served; write ${version}`;
    problems.push({ kind, name: String(object.metadata?.name ?? ""), message });
    return;
  }
  const parsed = source?.parse(object);
  if (parsed?.ok) source?.put(feed, parsed.value);
  else if (parsed) {
    const name = String(object.metadata?.name ?? "");
    for (const { field, message } of parsed.problems) {
      problems.push({ kind, name, message: field === "" ? message : `${field}: ${message}` });
    }
  }
}

/**
 * Of two Tenants that claim one namespace only one has it, by the operator's own rule, else the one that was read first. What a
 * file says of its age is anybody's word: all are taken to be of one second.
 */
function claimAll(tenants: readonly Tenant[], inventory: Inventory, feed: Feed): void {
  const holders = new Map<string, Tenant>();
  for (const tenant of tenants)
    for (const name of namespacesOf(tenant)) {
      const other = holders.get(name);
      if (!other || byPrecedence(ageless(tenant), ageless(other), name) < 0) holders.set(name, tenant);
    }
  for (const [name, tenant] of holders) claim(tenant, name, inventory, feed);
}

const ageless = ({ metadata: { name }, spec }: Tenant) => ({ metadata: { name }, spec });

function claim(tenant: Tenant, name: string, inventory: Inventory, feed: Feed): void {
  const { name: tenantName, uid: tenantUid } = tenant.metadata;
  const { regions: pin = [], topologyPinned = [] } = inventory.plan(tenantName) ?? {};
  const there = inventory.lookup(name);
  // Read from a cluster, where it is another Tenant's: the operator would not take it over either.
  if (there.state === "error" && there.code === "NAMESPACE_NOT_ITS_TENANTS") return;
  feed.putNamespace({ name, tenant: tenantName, tenantUid, pin, topologyPinned });
}
