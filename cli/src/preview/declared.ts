/** The Tenants to preview, and what their plans follow from: files, over what a cluster has. */
import type { Tenant } from "@companyos/crds";
import { parseTenant } from "@companyos/crds";
import { type Inventory, inventoryFromFiles } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";

export interface Declared {
  readonly inventory: Inventory;
  /** In the order of their names, with the defaults that the API server fills in. */
  readonly tenants: readonly Tenant[];
  /** `Kind name: field: what is wrong`. */
  readonly problems: readonly string[];
}

/**
 * Tenants among the files, and of those in the cluster the ones that get another plan by what the files say of Regions,
 * ResidencyPolicies and other things that plans follow from.
 */
export function declaredBy(
  files: readonly KubeObject[],
  context: readonly KubeObject[],
  cluster: readonly KubeObject[],
): Declared {
  const before = new Map(cluster.map((object) => [identityOf(object), object]));
  const said = new Map([...context, ...files].map((object) => [identityOf(object), object]));
  const now = new Map(before);
  for (const [identity, object] of said) now.set(identity, over(object, before.get(identity)));
  const inventory = inventoryFromFiles([...now.values()]);
  const was = inventoryFromFiles(cluster);
  const named = new Set(files.filter(isTenant).map(({ metadata }) => metadata.name));
  const isChanged = (name: string) =>
    was.tenant(name) !== undefined && was.plan(name)?.digest !== inventory.plan(name)?.digest;
  const chosen = [...inventory.tenants()].filter(
    ({ metadata: { name } }) => named.has(name) || isChanged(name),
  );
  const problems = inventory.problems.map(({ kind, name, message }) => `${kind} ${name}: ${message}`);
  return { inventory, tenants: chosen.map(withDefaults).sort(byName), problems };
}

/** What a file cannot know of an object that stands: its uid, its age, and what the operator said of it. */
function over(object: KubeObject, standing: KubeObject | undefined): KubeObject {
  if (!standing) return object;
  const { uid, creationTimestamp } = standing.metadata;
  const { status } = standing as { status?: unknown };
  return {
    ...object,
    metadata: { ...object.metadata, uid, creationTimestamp },
    ...(status === undefined ? {} : { status }),
  } as KubeObject;
}

function withDefaults(tenant: Tenant): Tenant {
  const parsed = parseTenant(tenant);
  return parsed.ok ? parsed.value : tenant;
}

const identityOf = ({ apiVersion, kind, metadata }: KubeObject) => `${apiVersion} ${kind} ${metadata?.name}`;
const isTenant = ({ apiVersion, kind }: KubeObject) =>
  kind === "Tenant" && String(apiVersion).startsWith("residency.companyos.io/");
const byName = (a: Tenant, b: Tenant) => (a.metadata.name < b.metadata.name ? -1 : 1);
