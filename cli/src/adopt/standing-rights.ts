import { labels, managedBy, ownerRoles, ownersBinding } from "@companyos/crds";
import { isForbidden, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";

/** A RoleBinding that a hand-over leaves as it is: its subjects keep their rights. */
export interface StandingRight {
  readonly name: string;
  /** `ClusterRole admin`, `Role deployer`. */
  readonly role: string;
  /** `User jane`, `ServiceAccount acme/robot`. */
  readonly subjects: readonly string[];
  /** True where it does not stay: bindings of that name are the footprint's, whoever made them. */
  readonly replaced?: true;
}

/** RoleBindings that stay in force, or are replaced, when a namespace is handed over; null where you may not list them. */
export async function rightsStanding(
  client: KubeClient,
  namespace: string,
): Promise<readonly StandingRight[] | null> {
  try {
    return standing((await client.list(resources.roleBindings as Resource, { namespace })).items);
  } catch (error) {
    if (isForbidden(error)) return null;
    throw error;
  }
}

/**
 * Bindings that are not the footprint's: the operator takes those away, and no other. One that a finalizer keeps, or that
 * is on its way out and still binds somebody, is named too: RBAC honours it as long as it stands. By name. Pure.
 */
export function standing(bindings: readonly KubeObject[]): StandingRight[] {
  return bindings
    .filter(
      ({ metadata: { labels: own = {}, finalizers, deletionTimestamp } }) =>
        !own[labels.tenant] || own[labels.managedBy] !== managedBy || finalizers?.length || deletionTimestamp,
    )
    .map(({ metadata, roleRef, subjects }) => ({
      name: metadata.name ?? "",
      role: `${roleRef?.kind} ${roleRef?.name}`,
      subjects: ((subjects ?? []) as Subject[]).map(
        ({ kind, namespace, name }) => `${kind} ${namespace ? `${namespace}/` : ""}${name}`,
      ),
      ...(isReplaced(metadata) ? { replaced: true as const } : {}),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

const footprints: readonly string[] = ownerRoles.map(ownersBinding);

function isReplaced({ name = "", finalizers, deletionTimestamp }: KubeObject["metadata"]): boolean {
  return footprints.includes(name) && !finalizers?.length && !deletionTimestamp;
}

interface Subject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}
