import type { Tenant, TenantOwner } from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";

const rbacGroup = "rbac.authorization.k8s.io";

/**
 * One RoleBinding for each role that an owner has: a binding's role cannot change, its subjects can. The roles are
 * Kubernetes' own `view`, `edit` and `admin`; bound in a namespace, none of them may write the namespace itself, so
 * no owner can edit residency metadata.
 */
export function addOwners(scope: Construct, namespace: string, { spec }: Tenant): void {
  const owners = spec.owners ?? [];
  for (const role of [...new Set(owners.map((owner) => owner.role))].sort()) {
    new k8s.KubeRoleBinding(scope, `owners-${role}`, {
      metadata: { name: `companyos-owners-${role}`, namespace },
      roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: role },
      subjects: owners.filter((owner) => owner.role === role).map(subject),
    });
  }
}

function subject({ kind, name, namespace }: TenantOwner): k8s.Subject {
  if (kind === "ServiceAccount") return { kind, name, namespace: namespace ?? "" };
  return { kind, name, apiGroup: rbacGroup };
}
