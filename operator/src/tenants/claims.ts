import { labels, namespacesOf } from "@companyos/crds";

/** Why a tenant may not have one of the namespaces it claims. */
export interface ClaimProblem {
  readonly reason: "NamespaceReserved" | "NamespaceConflict" | "NamespaceTerminating";
  readonly namespace: string;
  readonly message: string;
}

export interface ClaimingTenant {
  readonly metadata: { readonly name: string; readonly creationTimestamp?: string | null | undefined };
  readonly spec: {
    readonly namespace?: string | undefined;
    readonly namespaces?: readonly string[] | undefined;
  };
}

export interface ClaimedNamespace {
  readonly metadata: {
    readonly labels?: Readonly<Record<string, string>> | undefined;
    readonly deletionTimestamp?: string | undefined;
  };
}

/**
 * The first claim that cannot be met, undefined when all can. A namespace that exists without this tenant's
 * label belongs to somebody else and is never taken over; of two tenants that claim one, the older has it.
 */
export function claimProblem(
  tenant: ClaimingTenant,
  world: {
    readonly productNamespace: string;
    namespace(name: string): ClaimedNamespace | undefined;
    /** Other tenants that claim this namespace. */
    claimants(namespace: string): Iterable<ClaimingTenant>;
  },
): ClaimProblem | undefined {
  for (const namespace of namespacesOf(tenant)) {
    if (isReserved(namespace, world.productNamespace)) {
      return {
        reason: "NamespaceReserved",
        namespace,
        message: `namespace ${namespace} is reserved; choose another in spec.namespace`,
      };
    }
    const live = world.namespace(namespace);
    const holder = live?.metadata.labels?.[labels.tenant];
    if (live && holder !== tenant.metadata.name) {
      const whose =
        holder === undefined ? "belongs to nobody this product knows" : `belongs to tenant ${holder}`;
      return {
        reason: "NamespaceConflict",
        namespace,
        message: `namespace ${namespace} exists and ${whose}; it is not taken over. Choose another name, or delete that namespace`,
      };
    }
    for (const other of live ? [] : world.claimants(namespace)) {
      if (other.metadata.name === tenant.metadata.name || !precedes(other, tenant)) continue;
      return {
        reason: "NamespaceConflict",
        namespace,
        message: `namespace ${namespace} is claimed by the older tenant ${other.metadata.name}`,
      };
    }
    if (live?.metadata.deletionTimestamp) {
      return {
        reason: "NamespaceTerminating",
        namespace,
        message: `namespace ${namespace} is being deleted; it is made again when it is gone`,
      };
    }
  }
  return undefined;
}

export function isReserved(namespace: string, productNamespace: string): boolean {
  return namespace === "default" || namespace === productNamespace || namespace.startsWith("kube-");
}

function precedes(a: ClaimingTenant, b: ClaimingTenant): boolean {
  const [at, bt] = [a.metadata.creationTimestamp ?? "", b.metadata.creationTimestamp ?? ""];
  return at === bt ? a.metadata.name < b.metadata.name : at < bt;
}
