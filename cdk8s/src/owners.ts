import {
  apiVersion,
  evidenceRight,
  group,
  isNobody,
  isStranger,
  ownersBinding,
  ownersRole,
  roleOf,
  type Tenant,
  type TenantOwner,
} from "@companyos/crds";
import { k8s } from "cdk8s-plus-28";
import type { Construct } from "constructs";

const rbacGroup = "rbac.authorization.k8s.io";

/**
 * One RoleBinding for each role that an owner has: a binding's role cannot change, its subjects can. The roles are
 * Kubernetes' own `view`, `edit` and `admin`; bound in a namespace, none of them may write the namespace itself, so
 * no owner can edit residency metadata.
 */
export function addOwners(scope: Construct, namespace: string, { spec }: Tenant): void {
  const owners = bound(spec);
  for (const role of [...new Set(owners.map(roleOf))].sort()) {
    new k8s.KubeRoleBinding(scope, `owners-${role}`, {
      metadata: { name: ownersBinding(role), namespace },
      roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: role },
      subjects: owners.filter((owner) => roleOf(owner) === role).map(subject),
    });
  }
}

/**
 * What owners of any role have outside of namespaces: reading the Tenant itself, the Regions, and what its evidence discloses. A
 * name may have had another Tenant before, so the right is for the uid too, by which notaries tell chains apart. Both
 * objects belong to the Tenant: the garbage collector takes them away with it. Without owners the binding binds
 * nobody.
 */
export function addOwnersRights(scope: Construct, { metadata, spec }: Tenant): void {
  const { name, uid } = metadata;
  const own = {
    name: ownersRole(name),
    ...(uid === undefined ? {} : { ownerReferences: [{ apiVersion, kind: "Tenant", name, uid }] }),
  };
  const evidence = evidenceRight(name, uid);
  new k8s.KubeClusterRole(scope, "owners-rights", {
    metadata: own,
    rules: [
      // `list` and `watch` by name alone: `kubectl wait` and `get -w` ask so.
      { apiGroups: [group], resources: ["tenants"], resourceNames: [name], verbs: ["get", "list", "watch"] },
      // Which regions there are is nobody's secret, and names no tenant.
      { apiGroups: [group], resources: ["regions"], verbs: ["get", "list", "watch"] },
      {
        apiGroups: [group],
        resources: ["tenants/evidence"],
        resourceNames: evidence,
        verbs: ["create", "get"],
      },
    ],
  });
  const subjects = new Map(bound(spec).map((owner) => [JSON.stringify(subject(owner)), subject(owner)]));
  new k8s.KubeClusterRoleBinding(scope, "owners-rights-binding", {
    metadata: own,
    roleRef: { apiGroup: rbacGroup, kind: "ClusterRole", name: own.name },
    subjects: [...subjects.values()],
  });
}

/** Those who get rights: a Tenant of before it was refused may name strangers, or whom the API server binds to nothing. */
function bound({ owners = [] }: Tenant["spec"]): TenantOwner[] {
  return owners.filter((owner) => !isStranger(owner) && !isNobody(owner));
}

function subject({ kind, name, namespace }: TenantOwner): k8s.Subject {
  if (kind === "ServiceAccount") return { kind, name, namespace: namespace ?? "" };
  return { kind, name, apiGroup: rbacGroup };
}
