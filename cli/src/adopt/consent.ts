import { annotations, consentTo, namespacesOf, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  isConflict,
  isForbidden,
  isNotFound,
  type KubeClient,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Candidate } from "./candidates.ts";

const namespaces = resources.namespaces as Resource;
const tenants = residencyResources.tenants;

/** The namespace's side. Undefined when it is said; else who has to say it, and how. */
export async function namespaceConsents(
  client: KubeClient,
  { namespace, tenant, uid }: Candidate,
): Promise<string | undefined> {
  const consent = consentTo({ name: tenant ?? "", uid: uid ?? "" });
  try {
    const metadata = { annotations: { [annotations.adoptBy]: consent } };
    await client.patch(namespaces, namespace, "merge", { metadata });
    return undefined;
  } catch (error) {
    if (!isForbidden(error)) throw error;
    return `you may not patch the namespace; somebody who may: kubectl annotate --overwrite namespace ${namespace} ${annotations.adoptBy}=${consent}`;
  }
}

/** The Tenant's side, for several namespaces at once. Undefined when it is said; else who has to say it, and how. */
export async function tenantAsks(
  client: KubeClient,
  { name, uid }: { readonly name: string; readonly uid: string },
  names: readonly string[],
): Promise<string | undefined> {
  const forbidden = `you may not patch the Tenant; somebody who may: add ${names.join(", ")} to spec.adopt (and spec.namespaces) of Tenant ${name}`;
  for (;;) {
    try {
      const tenant = await client.get(tenants, name);
      if (tenant.metadata.uid !== uid) return `Tenant ${name} was made anew meanwhile: run this again`;
      const spec = asking(tenant, names);
      if (spec) {
        const { resourceVersion } = tenant.metadata;
        await client.patch(tenants, name, "merge", { metadata: { uid, resourceVersion }, spec });
      }
      return undefined;
    } catch (error) {
      if (isForbidden(error)) return forbidden;
      if (isNotFound(error)) return `Tenant ${name} is gone`;
      if (!isConflict(error)) throw error;
    }
  }
}

/** What its spec has to say besides; undefined when it says it. Pure. */
export function asking(
  tenant: Tenant,
  names: readonly string[],
): { adopt: string[]; namespaces?: string[] } | undefined {
  const { adopt = [], namespaces = [] } = tenant.spec;
  const unclaimed = names.filter((name) => !namespacesOf(tenant).includes(name));
  const unasked = names.filter((name) => !adopt.includes(name));
  if (unclaimed.length + unasked.length === 0) return undefined;
  return {
    adopt: [...adopt, ...unasked],
    ...(unclaimed.length > 0 ? { namespaces: [...namespaces, ...unclaimed] } : {}),
  };
}
