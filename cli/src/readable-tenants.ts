import { apiVersion, group } from "@companyos/crds/names";
import type { KubeClient } from "@companyos/kube";

interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/**
 * Names of the Tenants that you may read: all, where you may list them, else those that a right of yours names, as an owner's
 * does. Empty where the API server tells neither.
 */
export async function readableTenants(client: Pick<KubeClient, "raw">): Promise<string[]> {
  const { status, text } = await client.raw(`/apis/${apiVersion}/tenants`);
  if (status === 200)
    return (JSON.parse(text) as { items: { metadata: { name: string } }[] }).items.map(
      ({ metadata }) => metadata.name,
    );
  const body = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectRulesReview",
    spec: { namespace: "default" },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
  const reviewed = await client.raw(path, { method: "POST", body });
  if (reviewed.status !== 201) return [];
  const { resourceRules } = (JSON.parse(reviewed.text) as { status: { resourceRules: Rule[] } }).status;
  return namedTenants(resourceRules);
}

/** Names of Tenants in rules that allow to `get` them. Pure. */
export function namedTenants(rules: readonly Rule[]): string[] {
  const names = rules
    .filter(({ verbs }) => verbs.includes("get") || verbs.includes("*"))
    .filter(({ apiGroups }) => apiGroups?.includes(group))
    .filter(({ resources }) => resources?.includes("tenants"))
    .flatMap(({ resourceNames }) => resourceNames ?? []);
  return [...new Set(names)].toSorted();
}
