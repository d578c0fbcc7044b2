import { labels, managedBy, namespacesOf, type Tenant } from "@companyos/crds";
import { App, Chart } from "cdk8s";
import { Construct } from "constructs";
import { type ClusterDns, usualDns } from "./dns.ts";
import { addIsolation } from "./isolation.ts";
import { addNamespace } from "./namespace.ts";
import { addOwners, addOwnersRights } from "./owners.ts";
import type { FootprintPlan } from "./plan.ts";
import { addLimits, addQuota } from "./resources.ts";

/** A Kubernetes object as it is sent to the API server. */
export interface FootprintObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [member: string]: unknown;
}

export interface TenantFootprintProps {
  /** With its defaults filled in, as the API server or `parseTenant` returns it. */
  readonly tenant: Tenant;
  readonly plan: FootprintPlan;
  /** Default: what most clusters have. An operator finds its own cluster's. */
  readonly dns?: ClusterDns;
}

/**
 * Everything one tenant gets, as a chart: for the operator, `companyos preview` and anybody's own cdk8s app. Every
 * object carries the tenant label and `app.kubernetes.io/managed-by: companyos`, by which what is no longer wanted is
 * found again.
 */
export class TenantFootprint extends Chart {
  constructor(scope: Construct, id: string, { tenant, plan, dns = usualDns }: TenantFootprintProps) {
    super(scope, id, { labels: ownership(tenant.metadata.name) });
    for (const namespace of namespacesOf(tenant)) {
      const part = new Construct(this, namespace);
      addNamespace(part, namespace, plan, tenant.metadata.uid);
      addQuota(part, namespace, tenant);
      addLimits(part, namespace, tenant);
      addIsolation(part, namespace, tenant, dns);
      addOwners(part, namespace, tenant);
    }
    addOwnersRights(this, tenant);
  }
}

/**
 * The footprint as plain objects, namespaces before what stands in them. The same tenant and plan give the same
 * objects in the same order, member by member, so that comparing is enough to know that nothing has to be written.
 */
export function footprint(
  tenant: Tenant,
  plan: FootprintPlan,
  options: Pick<TenantFootprintProps, "dns"> = {},
): FootprintObject[] {
  return new TenantFootprint(new App(), "footprint", { tenant, plan, ...options }).toJson();
}

/**
 * Namespaces of one tenant without what stands in them, as its footprint has them: the part that the policies in the
 * API server go by.
 */
export function namespaceObjects(
  { name, uid }: { readonly name: string; readonly uid?: string | undefined },
  namespaces: Iterable<string>,
  plan: FootprintPlan,
): FootprintObject[] {
  const names = [...namespaces];
  const chart = new Chart(new App(), "namespaces", { labels: ownership(name) });
  if (names[0] !== undefined) addNamespace(chart, names[0], plan, uid);
  // They differ by name alone, and a default tenant has thousands: a construct for each would take seconds.
  const made: FootprintObject[] = chart.toJson();
  return names.flatMap((name) => made.map((one) => ({ ...one, metadata: { ...one.metadata, name } })));
}

/** What a tenant's owners have: their bindings in these namespaces, and what they have outside of namespaces. */
export function ownersObjects(tenant: Tenant, namespaces: Iterable<string>): FootprintObject[] {
  const chart = new Chart(new App(), "owners", { labels: ownership(tenant.metadata.name) });
  for (const namespace of namespaces) addOwners(new Construct(chart, namespace), namespace, tenant);
  addOwnersRights(chart, tenant);
  return chart.toJson();
}

function ownership(tenant: string): Record<string, string> {
  return { [labels.tenant]: tenant, [labels.managedBy]: managedBy };
}
