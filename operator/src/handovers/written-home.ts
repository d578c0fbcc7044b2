import { fieldManager, type Tenant } from "@companyos/crds";
import type { KubeClient, Resource } from "@companyos/kube";
import { applyStatus } from "../write-status.ts";
import type { Place } from "./remember.ts";

/** Not the one of the rest of the status: what is not in effect yet when that is written is not taken away by it. */
const manager = fieldManager("tenant-home");

/**
 * Says in a Tenant's status which home is in effect, for whoever compiles its plan while it asks for one that is none. What
 * is remembered here is by uid: a Tenant of an old name has no home before its own.
 */
export async function writeHome(
  { kube, tenants }: { readonly kube: KubeClient; readonly tenants: Resource<Tenant> },
  tenant: Tenant | undefined,
  home: Place | undefined,
): Promise<void> {
  if (!tenant || !home || home.uid !== tenant.metadata.uid) return;
  if (home.region === tenant.status?.homeRegion) return;
  await applyStatus(kube, tenants, manager, tenant, { homeRegion: home.region });
}
