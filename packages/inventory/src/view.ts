/** The inventory itself: fed with objects, read by decisions. It does no I/O. */
import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import type { LookupError } from "@companyos/policies";
import type { Inventory, Lookup, PlanChange } from "./inventory.ts";
import { createNamespaces, type NamespaceFacts } from "./namespaces.ts";
import { type NodeInput, type Vouching, vouchedRegion } from "./node-regions.ts";
import { createPlans } from "./plans.ts";
import { createTopology } from "./topology.ts";

export interface ViewOptions {
  /** Nothing is compiled before: half the policies would make plans that are too wide. */
  ready(): boolean;
  whenReady(signal?: AbortSignal): Promise<void>;
  /** What is looked up for an unseen namespace. */
  unknownNamespace: (namespace: string) => Lookup;
  onCallbackError(error: unknown): void;
  /** Every placement of these tenants is refused, and all because of the same. */
  onUncompiled(tenants: readonly string[], error: unknown): void;
  /** Default: who vouches for it. */
  vouching?: Vouching | undefined;
  stop(): Promise<void>;
}

export interface Feed {
  putTenant(tenant: Tenant): void;
  dropTenant(name: string): void;
  putPolicy(policy: ResidencyPolicy): void;
  dropPolicy(name: string): void;
  putRegion(region: Region): void;
  dropRegion(name: string): void;
  putNode(node: NodeInput): void;
  dropNode(name: string): void;
  putNamespace(namespace: NamespaceFacts): void;
  dropNamespace(name: string): void;
  /** Compiles and tells what is waiting; called by itself soon after every change. */
  settle(): void;
}

export function createView(options: ViewOptions): { inventory: Inventory; feed: Feed } {
  const topology = createTopology(options.vouching ?? vouchedRegion);
  const plans = createPlans(topology.regions);
  const namespaces = createNamespaces();
  const planCallbacks = new Set<(change: PlanChange) => void>();
  const topologyCallbacks = new Set<() => void>();
  /** Lookups by namespace, until something they rest on changes. */
  const lookups = new Map<string, Lookup>();
  let topologyChanged = false;
  let scheduled = false;

  /** A whole list arrives in one turn of the event loop: settle once, after it. */
  function soon(): void {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      settle();
    });
  }

  function settle(): void {
    if (!options.ready()) return;
    const { changes, uncompiled } = plans.isDirty() ? plans.settle() : NOTHING_NEW;
    for (const { tenant } of changes) forgetLookups(tenant);
    for (const { tenants, error } of uncompiled) options.onUncompiled(tenants, error);
    const tellTopology = topologyChanged;
    topologyChanged = false;
    for (const change of changes) tell(planCallbacks, (callback) => callback(change));
    if (tellTopology) tell(topologyCallbacks, (callback) => callback());
  }

  function tell<C>(callbacks: ReadonlySet<C>, call: (callback: C) => void): void {
    for (const callback of [...callbacks]) {
      try {
        call(callback);
      } catch (error) {
        options.onCallbackError(error);
      }
    }
  }

  function forgetLookups(tenant: string): void {
    for (const namespace of namespaces.ofTenant(tenant)) lookups.delete(namespace);
  }

  function onTopology(changed: boolean, plansToo: boolean): void {
    if (!changed) return;
    lookups.clear();
    topologyChanged = true;
    if (plansToo) plans.touchAll();
    soon();
  }

  function lookUp(namespace: string): Lookup {
    const facts = namespaces.get(namespace);
    if (facts === undefined) return options.unknownNamespace(namespace);
    const { tenant, tenantUid } = facts;
    if (tenant === undefined) return UNCLAIMED;
    const uid = plans.tenants.get(tenant)?.metadata.uid;
    if (uid !== undefined && tenantUid !== undefined && tenantUid !== uid)
      return failure(
        "NAMESPACE_NOT_ITS_TENANTS",
        `namespace ${namespace} belongs to a former tenant ${tenant} (uid ${tenantUid}), not to the one there is now (uid ${uid}); hand it over with: companyos adopt ${namespace} --tenant ${tenant}`,
      );
    const plan = plans.plans.get(tenant);
    if (plan) return { state: "tenant", plan, topology: topology.of(facts) };
    return plans.tenants.has(tenant)
      ? failure("PLAN_MISSING", `no plan could be compiled for tenant ${tenant}; see the Tenant's conditions`)
      : failure("TENANT_UNKNOWN", `namespace ${namespace} names tenant ${tenant}, which does not exist`);
  }

  const feed: Feed = {
    putTenant(tenant) {
      // Deleted and made again may be told as one update.
      const old = plans.tenants.get(tenant.metadata.name);
      if (!old || old.metadata.uid !== tenant.metadata.uid) forgetLookups(tenant.metadata.name);
      if (plans.putTenant(tenant)) soon();
    },
    dropTenant(name) {
      forgetLookups(name);
      if (plans.dropTenant(name)) soon();
    },
    putPolicy: (policy) => void (plans.putPolicy(policy) && soon()),
    dropPolicy: (name) => void (plans.dropPolicy(name) && soon()),
    putRegion: (region) => onTopology(topology.putRegion(region), true),
    dropRegion: (name) => onTopology(topology.dropRegion(name), true),
    putNode: (node) => onTopology(topology.putNode(node), false),
    dropNode: (name) => onTopology(topology.dropNode(name), false),
    putNamespace(namespace) {
      namespaces.put(namespace);
      lookups.delete(namespace.name);
    },
    dropNamespace(name) {
      namespaces.drop(name);
      lookups.delete(name);
    },
    settle,
  };

  const inventory: Inventory = {
    synced: options.ready,
    whenSynced: options.whenReady,
    lookup(namespace) {
      if (!options.ready()) return NOT_SYNCED;
      if (plans.isDirty()) settle();
      const known = lookups.get(namespace);
      if (known !== undefined) return known;
      const made = lookUp(namespace);
      // Unseen names are not remembered: they would let anybody fill the memory.
      if (namespaces.get(namespace) !== undefined) lookups.set(namespace, made);
      return made;
    },
    topology: (namespace) => topology.of(namespaces.get(namespace)),
    plan(tenant) {
      if (plans.isDirty()) settle();
      return plans.plans.get(tenant);
    },
    plans: () => plans.plans.values(),
    planProblems: plans.problems,
    tenant: (name) => plans.tenants.get(name),
    tenants: () => plans.tenants.values(),
    policies: () => plans.policies.values(),
    regions: topology.regions,
    regionFacts: topology.facts,
    nodes: topology.nodes,
    tenantOf: (namespace) => namespaces.get(namespace)?.tenant,
    namespacesOf: namespaces.ofTenant,
    onPlanChange(callback) {
      const only = new Set([callback]);
      for (const plan of [...plans.plans.values()]) {
        tell(only, (call) => call({ tenant: plan.tenant, plan, old: undefined }));
      }
      planCallbacks.add(callback);
      return () => void planCallbacks.delete(callback);
    },
    onTopologyChange(callback) {
      topologyCallbacks.add(callback);
      return () => void topologyCallbacks.delete(callback);
    },
    stop: options.stop,
  };
  return { inventory, feed };
}

const NOTHING_NEW = { changes: [], uncompiled: [] };
const UNCLAIMED: Lookup = { state: "unclaimed" };
const NOT_SYNCED: Lookup = failure("CACHE_NOT_SYNCED", "the inventory is still being read; try again");

function failure(code: LookupError, message: string): Lookup {
  return { state: "error", code, message };
}
