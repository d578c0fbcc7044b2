import { footprint, usualDns } from "@companyos/cdk8s";
import { labels, managedBy, type Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";

/**
 * `KIND NAME` of quotas, limits and network policies that stand in the namespace, are not the footprint's, and bear the name
 * of one of it: the operator writes its own over them. Pure.
 */
export function clashes(
  tenant: Tenant,
  plan: Plan,
  namespace: string,
  guards: readonly KubeObject[],
): readonly string[] {
  const others = guards.filter(({ metadata }) => !isFootprints(metadata.labels));
  if (others.length === 0) return [];
  const comes = new Set(
    (footprint(tenant, plan, { dns: usualDns }) as KubeObject[])
      .filter(({ metadata }) => metadata.namespace === namespace)
      .map(nameOf),
  );
  return others
    .map(nameOf)
    .filter((name) => comes.has(name))
    .sort();
}

const nameOf = ({ kind, metadata }: KubeObject): string => `${kind} ${metadata.name}`;

function isFootprints(own: Readonly<Record<string, string>> = {}): boolean {
  return own[labels.tenant] !== undefined && own[labels.managedBy] === managedBy;
}
