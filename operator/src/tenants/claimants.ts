import { namespacesOf, type Tenant } from "@companyos/crds";
import type { Reflector } from "@companyos/kube";

/** Which Tenants there are, by the names of the namespaces they claim and by uid. */
export interface Claimants {
  of(namespace: string): Iterable<Tenant>;
  exists(uid: string): boolean;
  stop(): void;
}

export function watchClaimants(tenants: Reflector<Tenant>): Claimants {
  const byNamespace = new Map<string, Set<string>>();
  const uids = new Set<string>();

  function note(tenant: Tenant): void {
    uids.add(tenant.metadata.uid ?? "");
    for (const namespace of namespacesOf(tenant)) {
      const names = byNamespace.get(namespace) ?? new Set();
      byNamespace.set(namespace, names.add(tenant.metadata.name));
    }
  }

  function forget(tenant: Tenant): void {
    uids.delete(tenant.metadata.uid ?? "");
    for (const namespace of namespacesOf(tenant)) {
      const names = byNamespace.get(namespace);
      names?.delete(tenant.metadata.name);
      if (names?.size === 0) byNamespace.delete(namespace);
    }
  }

  for (const tenant of tenants.store.values()) note(tenant);
  const stop = tenants.on({
    add: note,
    update(tenant, old) {
      forget(old);
      note(tenant);
    },
    delete: forget,
  });
  return {
    *of(namespace) {
      for (const name of byNamespace.get(namespace) ?? []) {
        const tenant = tenants.store.get(name);
        if (tenant) yield tenant;
      }
    },
    exists: (uid) => uid !== "" && uids.has(uid),
    stop,
  };
}
