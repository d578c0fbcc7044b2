import type { KubeObject, Plan, Topology } from "./types.ts";

/**
 * Why there is no plan to decide by.
 * `CACHE_NOT_SYNCED`: the watches have not delivered everything yet, or not this namespace.
 * `TENANT_UNKNOWN`: the namespace names a tenant that does not exist.
 * `NAMESPACE_NOT_ITS_TENANTS`: the namespace belonged to a Tenant of the same name that is gone; the one there is now owns
 * nothing of it.
 * `PLAN_MISSING`: the tenant exists but no plan could be compiled from it.
 */
export type LookupError =
  | "PLAN_MISSING"
  | "TENANT_UNKNOWN"
  | "NAMESPACE_NOT_ITS_TENANTS"
  | "CACHE_NOT_SYNCED";

export interface DecideRequest {
  readonly operation: "CREATE" | "UPDATE" | "DELETE" | "CONNECT";
  /** API group; empty for the core group. */
  readonly group: string;
  /** Plural resource, such as `pods`. */
  readonly resource: string;
  /** Such as `binding`; absent or empty for the resource itself. */
  readonly subresource?: string | undefined;
  readonly object: KubeObject | null | undefined;
  readonly oldObject?: KubeObject | null | undefined;
  readonly topology: Topology;
  /** The plan of the tenant that owns the object's namespace, or why there is none. */
  readonly plan: Plan | { readonly lookupError: LookupError };
}
