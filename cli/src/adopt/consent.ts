import { annotations, consentTo, maxNamespaces, namespacesOf, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  isConflict,
  isForbidden,
  isNotFound,
  type KubeClient,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Candidate, RefusalCode } from "./candidates.ts";

const namespaces = resources.namespaces as Resource;
const tenants = residencyResources.tenants;

/** Why one side's consent could not be set, and what to do about it. */
export interface Trouble {
  readonly code: RefusalCode;
  readonly message: string;
}

/**
 * Sets the namespace's consent. `seen`: uid of the namespace that was looked at, where it could be read: another one of its name
 * gets none. Undefined on success. Never rejects: one failure must not stop the others.
 */
export async function namespaceConsents(
  client: KubeClient,
  { namespace, tenant, uid }: Candidate,
  seen: string | undefined,
): Promise<Trouble | undefined> {
  const consent = consentTo({ name: tenant ?? "", uid: uid ?? "" });
  try {
    const metadata = { ...(seen && { uid: seen }), annotations: { [annotations.adoptBy]: consent } };
    await client.patch(namespaces, namespace, "merge", { metadata });
    return undefined;
  } catch (error) {
    if (isNotFound(error)) return { code: "NAMESPACE_MISSING", message: "it is gone" };
    if (seen !== undefined && isConflict(error))
      return {
        code: "NAMESPACE_MISSING",
        message: "it was made anew meanwhile: look at it, and run this again",
      };
    if (!isForbidden(error)) return refusedBy(error, "the namespace's consent was not taken");
    return {
      code: "NOT_PERMITTED",
      message: `you may not patch the namespace; somebody who may: companyos adopt ${namespace} --tenant ${tenant} (or who may get it, too: kubectl annotate --overwrite namespace ${namespace} ${annotations.adoptBy}=${consent})`,
    };
  }
}

/**
 * Sets the Tenant's consent for several namespaces at once. `own`: namespaces it owns already. Undefined on success.
 * Never rejects: one failure must not stop the others.
 */
export async function tenantAsks(
  client: KubeClient,
  { name, uid }: { readonly name: string; readonly uid: string },
  names: readonly string[],
  own: ReadonlySet<string>,
): Promise<Trouble | undefined> {
  for (;;) {
    try {
      const tenant = await client.get(tenants, name);
      if (tenant.metadata.uid !== uid)
        return { code: "TENANT_MISSING", message: `Tenant ${name} was made anew meanwhile: run this again` };
      const spec = asking(tenant, names, own);
      const full = spec && tooMuch(name, spec);
      if (full) return { code: "SPEC_FULL", message: full };
      if (spec) {
        const { resourceVersion } = tenant.metadata;
        await client.patch(tenants, name, "merge", { metadata: { uid, resourceVersion }, spec });
      }
      return undefined;
    } catch (error) {
      if (isNotFound(error)) return { code: "TENANT_MISSING", message: `Tenant ${name} is gone` };
      if (isForbidden(error)) {
        const todo = `add ${names.join(", ")} to spec.adopt (and spec.namespaces) of Tenant ${name}`;
        return { code: "NOT_PERMITTED", message: `you may not patch the Tenant; somebody who may: ${todo}` };
      }
      if (!isConflict(error)) return refusedBy(error, `Tenant ${name} does not ask for it`);
    }
  }
}

/**
 * What its spec has to list besides; undefined when it does already. Entries without use make room. What was let go and is taken
 * back leaves `release`: a spec with both is refused. Pure.
 */
export function asking(
  tenant: Tenant,
  names: readonly string[],
  own: ReadonlySet<string> = new Set(),
): { adopt: string[]; namespaces?: string[]; release?: string[] } | undefined {
  const { adopt = [], namespaces = [], release = [] } = tenant.spec;
  const unclaimed = names.filter((name) => !namespacesOf(tenant).includes(name));
  const unasked = names.filter((name) => !adopt.includes(name));
  const still = release.filter((name) => !names.includes(name));
  if (unclaimed.length + unasked.length === 0 && still.length === release.length) return undefined;
  const claimed = new Set([...namespacesOf(tenant), ...names]);
  const open = adopt.filter((name) => claimed.has(name) && !own.has(name));
  return {
    adopt: [...open, ...unasked],
    ...(unclaimed.length > 0 ? { namespaces: [...namespaces, ...unclaimed] } : {}),
    ...(still.length < release.length ? { release: still } : {}),
  };
}

/** Why the list is too long for a Tenant, and what to do; undefined when it is not. Pure. */
export function tooMuch(
  name: string,
  { adopt, namespaces = [] }: { readonly adopt: readonly string[]; readonly namespaces?: readonly string[] },
): string | undefined {
  if (namespaces.length > maxNamespaces)
    return `spec.namespaces of Tenant ${name} would have ${namespaces.length} names, and has room for ${maxNamespaces}: take out what it no longer needs, or hand some over to another Tenant`;
  if (adopt.length > maxNamespaces + 1)
    return `spec.adopt of Tenant ${name} would have ${adopt.length} names, and has room for ${maxNamespaces + 1}: wait until those before are handed over, or take them out`;
  return undefined;
}

function refusedBy(error: unknown, what: string): Trouble {
  return { code: "API_REFUSED", message: `${what}: ${(error as Error).message}` };
}

/** The candidate after both sides were tried. A side that is set waits for the other. Pure. */
export function agreed<C extends Candidate>(candidate: C, tenant?: Trouble, namespace?: Trouble): C {
  const { message: _, ...rest } = candidate;
  const first = tenant ?? namespace;
  if (!first) return { ...rest, state: "waiting" } as C;
  if (tenant && namespace)
    return { ...candidate, state: "refused", ...tenant, message: `${tenant.message}; ${namespace.message}` };
  if (first.code !== "NOT_PERMITTED") return { ...candidate, state: "refused", ...first };
  const message = tenant
    ? `the namespace consents now, and it is WAITING for the Tenant's side: ${tenant.message}`
    : `Tenant ${candidate.tenant} asks for it now, and it is WAITING for the namespace's side: ${first.message}. Until then that Tenant is NamespaceConflict`;
  return { ...candidate, state: "waiting", code: first.code, message };
}
