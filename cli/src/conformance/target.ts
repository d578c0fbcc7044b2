import { findPlaces, NoPlace, type Places } from "@companyos/conformance";
import { annotations, labels, regionsListed } from "@companyos/crds";
import type { KubeClient, KubeObject } from "@companyos/kube";
import { WrongUse } from "./wrong-use.ts";

/** Where the corpus is tried. */
export interface Target {
  readonly tenant: string;
  readonly namespace: string;
  readonly places: Places;
}

/** The tenant's own namespace, and places at home and abroad as they are in the cluster. Rejects with `WrongUse`. */
export async function findTarget(client: KubeClient, name: string): Promise<Target> {
  const { spec, status = {} } = await tenantCalled(client, name);
  const namespace: string | undefined = status.namespace;
  if (status.mode !== undefined && status.mode !== "Enforce")
    throw new WrongUse(
      "TENANT_NOT_ENFORCED",
      `tenant ${name} is in mode ${status.mode}, where nothing is refused: choose a tenant in mode Enforce (kubectl get tenants), or set spec.mode: Enforce in a ResidencyPolicy that selects it`,
    );
  const object = namespace === undefined ? undefined : await read(client, `/api/v1/namespaces/${namespace}`);
  const metadata = object?.metadata;
  if (namespace === undefined || metadata?.labels?.[labels.mode] !== "Enforce")
    throw new WrongUse(
      "TENANT_NOT_READY",
      `the namespace of tenant ${name} is not in mode Enforce yet: kubectl wait --for=condition=Ready tenant/${name}`,
    );
  const allowed = regionsListed(metadata, annotations.allowedRegions);
  const former = regionsListed(metadata, annotations.formerRegions);
  const [regions, nodes] = await Promise.all([
    listed(client, "/apis/residency.companyos.io/v1/regions"),
    listed(client, "/api/v1/nodes"),
  ]);
  try {
    const places = findPlaces({ name, homeRegion: spec.homeRegion, allowed, former }, regions, nodes);
    return { tenant: name, namespace, places };
  } catch (error) {
    if (error instanceof NoPlace) throw new WrongUse(error.code, error.message);
    throw error;
  }
}

async function tenantCalled(client: KubeClient, name: string): Promise<KubeObject> {
  const kind = "/apis/residency.companyos.io/v1/tenants";
  const found = await read(client, `${kind}/${encodeURIComponent(name)}`);
  if (found) return found;
  const tenants = await read(client, kind);
  if (!tenants)
    throw new WrongUse(
      "NOT_INSTALLED",
      "the cluster knows no Tenants: install the chart first, or choose another context (docs/install.md)",
    );
  const names = (tenants.items as KubeObject[]).map(({ metadata }) => metadata.name);
  throw new WrongUse(
    "TENANT_UNKNOWN",
    `there is no Tenant ${name}; there ${names.length === 1 ? "is" : "are"} ${names.slice(0, 10).join(", ") || "none"}${names.length > 10 ? ", …" : ""}`,
  );
}

async function listed(client: KubeClient, path: string): Promise<KubeObject[]> {
  return ((await read(client, path))?.items ?? []) as KubeObject[];
}

/** Undefined when it is not there. */
async function read(client: KubeClient, path: string): Promise<KubeObject | undefined> {
  const { status, text } = await client.raw(path);
  if (status === 404) return undefined;
  if (status === 401 || status === 403)
    throw new WrongUse("NOT_PERMITTED", `${path} may not be read with this kubeconfig (${status})`);
  if (status !== 200) throw new Error(`${path} returned ${status}: ${text.slice(0, 300)}`);
  return JSON.parse(text) as KubeObject;
}
