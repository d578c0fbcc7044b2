import { labels, ownerUid, pinPolicyName } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  isForbidden,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Item } from "./item.ts";

/** Where pins are looked for. */
export interface Scope {
  /** Namespaces in which the API server pins what is made, each with the way to end that. */
  readonly enforced: ReadonlyMap<string, string>;
  /** Undefined: every one. */
  readonly namespaces: readonly string[] | undefined;
  /** Namespaces that were named and are not there. */
  readonly missing: readonly Item[];
}

const namespaces = resources.namespaces as Resource;
const bindings = resources.mutatingAdmissionPolicyBindings as Resource;

/** Rejects when nothing could be said: no Tenant's namespaces, or no right to look at namespaces. */
export async function readScope(
  client: KubeClient,
  named: readonly string[],
  tenant: string | undefined,
): Promise<Scope> {
  const [found, inForce, tenants] = await Promise.all([
    named.length > 0 ? findAll(client, [...new Set(named)]) : listAll(client, tenant),
    isInstalled(client),
    uidsOfTenants(client),
  ]);
  const { there, missing } = found;
  if (tenant !== undefined && there.length === 0)
    throw new Error(`no namespace bears the name of tenant ${tenant}`);
  const enforced = there
    .filter(({ metadata }) => inForce && metadata.labels?.[labels.mode] === "Enforce")
    .map((namespace) => [namespace.metadata.name ?? "", wayOut(namespace, tenants)] as const);
  const every = named.length === 0 && tenant === undefined;
  return {
    enforced: new Map(enforced),
    namespaces: every ? undefined : there.map(({ metadata }) => metadata.name ?? ""),
    missing,
  };
}

interface Found {
  readonly there: readonly KubeObject[];
  readonly missing: readonly Item[];
}

async function findAll(client: KubeClient, names: readonly string[]): Promise<Found> {
  const found = await Promise.all(names.map((name) => client.find(namespaces, name)));
  return {
    there: found.filter((namespace) => namespace !== undefined),
    missing: names
      .filter((_, index) => found[index] === undefined)
      .map((name) => ({
        ...{ kind: "Namespace", namespace: "", name },
        state: "remains",
        code: "NAMESPACE_MISSING",
        message: `there is no namespace ${name}`,
      })),
  };
}

async function listAll(client: KubeClient, tenant: string | undefined): Promise<Found> {
  const labelSelector = tenant === undefined ? labels.tenant : `${labels.tenant}=${tenant}`;
  const { items } = await client.list(namespaces, { labelSelector });
  return { there: items, missing: [] };
}

/** Whether the policy that pins is bound in the API server; who may not look has to take it so. */
export async function isInstalled(client: KubeClient): Promise<boolean> {
  try {
    const { items } = await client.list(bindings);
    return items.some(({ metadata }) => metadata.name === pinPolicyName);
  } catch (error) {
    if (isForbidden(error)) return true;
    throw error;
  }
}

/** Undefined: nobody can tell which Tenants there are. */
async function uidsOfTenants(client: KubeClient): Promise<ReadonlySet<string> | undefined> {
  try {
    const { items } = await client.list(residencyResources.tenants);
    return new Set(items.map(({ metadata }) => metadata.uid ?? ""));
  } catch (error) {
    // The product may be gone with its kinds.
    if (isForbidden(error) || isNotFound(error)) return undefined;
    throw error;
  }
}

const forAll = "or set companyos.residency.enforce to false for all";

/** A ResidencyPolicy selects Tenants: it reaches no namespace whose Tenant is gone. */
function wayOut(namespace: KubeObject, tenants: ReadonlySet<string> | undefined): string {
  const { name, labels: worn } = namespace.metadata;
  const tenant = worn?.[labels.tenant];
  const is = "its namespace is in mode Enforce, where the API server pins again what is changed";
  const uid = ownerUid(namespace);
  const isGone = tenants !== undefined && (uid === undefined || !tenants.has(uid));
  if (!isGone)
    return `${is}: set the ResidencyPolicies that select Tenant ${tenant} to mode Audit, ${forAll}`;
  return `${is}, and no ResidencyPolicy reaches it, since its Tenant ${tenant} is gone: hand it over to a Tenant that is in mode Audit (companyos adopt ${name} --tenant NAME), whose pins the operator takes out, ${forAll}`;
}
