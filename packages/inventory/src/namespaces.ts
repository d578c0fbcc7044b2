import { annotations, labels, regionsListed } from "@companyos/crds";

/** What a namespace says about residency. The operator is the only writer of it. */
export interface NamespaceFacts {
  readonly name: string;
  readonly tenant: string | undefined;
  /** Uid of the Tenant it belongs to; undefined where an earlier release wrote it and nobody has looked since. */
  readonly tenantUid: string | undefined;
  /** Values that the in-process pin adds: the allowed-regions annotation, sorted. */
  readonly pin: readonly string[];
  /** Those of `pin` that go by the topology label, sorted. */
  readonly topologyPinned: readonly string[];
}

interface NamespaceObject {
  readonly metadata: {
    readonly name?: string | undefined;
    readonly labels?: Readonly<Record<string, string>> | null | undefined;
    readonly annotations?: Readonly<Record<string, string>> | null | undefined;
  };
}

export function namespaceFacts({ metadata }: NamespaceObject): NamespaceFacts {
  return {
    name: metadata.name ?? "",
    tenant: metadata.labels?.[labels.tenant] || undefined,
    tenantUid: metadata.labels?.[labels.tenantUid] || undefined,
    pin: regionsListed(metadata, annotations.allowedRegions).sort(),
    topologyPinned: regionsListed(metadata, annotations.topologyPinned).sort(),
  };
}

/** Namespaces by name and by tenant. */
export function createNamespaces() {
  const byName = new Map<string, NamespaceFacts>();
  const byTenant = new Map<string, Set<string>>();

  function forget({ name, tenant }: NamespaceFacts): void {
    if (tenant === undefined) return;
    const names = byTenant.get(tenant);
    names?.delete(name);
    if (names?.size === 0) byTenant.delete(tenant);
  }

  return {
    get: (name: string) => byName.get(name),
    ofTenant: (tenant: string): readonly string[] => [...(byTenant.get(tenant) ?? [])].sort(),
    put(facts: NamespaceFacts): void {
      const old = byName.get(facts.name);
      if (old) forget(old);
      byName.set(facts.name, facts);
      if (facts.tenant === undefined) return;
      const names = byTenant.get(facts.tenant) ?? new Set();
      byTenant.set(facts.tenant, names.add(facts.name));
    },
    drop(name: string): void {
      const old = byName.get(name);
      if (old) forget(old);
      byName.delete(name);
    },
  };
}
