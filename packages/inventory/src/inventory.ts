import type { Region, ResidencyPolicy, Tenant } from "@companyos/crds";
import type { LookupError, NodeFacts, Plan, PlanProblem, RegionFacts, Topology } from "@companyos/policies";

/** What is in force in a namespace. */
export type Lookup =
  | { readonly state: "tenant"; readonly plan: Plan; readonly topology: Topology }
  /** No tenant claims the namespace. */
  | { readonly state: "unclaimed" }
  | { readonly state: "error"; readonly code: LookupError; readonly message: string };

export interface PlanChange {
  readonly tenant: string;
  /** Undefined when the tenant is gone, or its plan no longer compiles. */
  readonly plan: Plan | undefined;
  readonly old: Plan | undefined;
}

/** The view that decisions are made from. Every read is in memory; what it returns is shared: never change it. */
export interface Inventory {
  /** True once everything watched has been listed; stays true through outages. */
  synced(): boolean;
  whenSynced(signal?: AbortSignal): Promise<void>;
  lookup(namespace: string): Lookup;
  /** What readers may know, with the pin of this namespace (empty when it has none). */
  topology(namespace: string): Topology;
  plan(tenant: string): Plan | undefined;
  plans(): IterableIterator<Plan>;
  /** What the compiler had to say about a tenant's plan. */
  planProblems(tenant: string): readonly PlanProblem[];
  tenant(name: string): Tenant | undefined;
  tenants(): IterableIterator<Tenant>;
  policies(): IterableIterator<ResidencyPolicy>;
  /** Region objects as written, sorted by name. */
  regions(): readonly Region[];
  /** The same as facts. */
  regionFacts(): readonly RegionFacts[];
  nodes(): ReadonlyMap<string, NodeFacts>;
  /** Tenant that a namespace's label names, whether or not it exists. */
  tenantOf(namespace: string): string | undefined;
  /** Namespaces whose label names this tenant, those that a former one of the name left behind included. */
  namespacesOf(tenant: string): readonly string[];
  /** Called after a plan appeared, changed or went, and at once for every plan there is. Returns its removal. */
  onPlanChange(callback: (change: PlanChange) => void): () => void;
  /** Called after Regions or the node map changed. Returns its removal. */
  onTopologyChange(callback: () => void): () => void;
  stop(): Promise<void>;
}
