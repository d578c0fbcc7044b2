import { labels, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import { isForbidden, type KubeClient, type Resource, resources } from "@companyos/kube";
import { fewOf } from "@companyos/policies";
import { leftBehind } from "../release/candidates.ts";

const shown = 8;

/** A line for namespaces whose Tenant is gone: their rules hold on, and nobody is responsible. None where there is none. */
export async function leftBehindLine(client: KubeClient) {
  try {
    const [tenants, namespaces] = await Promise.all([
      client.list<Tenant>(residencyResources.tenants),
      client.list(resources.namespaces as Resource, { labelSelector: labels.tenant }),
    ]);
    const names = leftBehind({ tenants: tenants.items, namespaces: namespaces.items });
    if (names.length === 0) return [];
    const detail = `their Tenants are gone, their regions hold on: ${fewOf(names, shown)}; companyos adopt hands them over, companyos release lets them go`;
    return [{ kind: "LeftBehind", name: "namespaces", ready: true, detail }];
  } catch (error) {
    if (isForbidden(error)) return [];
    throw error;
  }
}
