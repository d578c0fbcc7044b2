/** The words that plan compiler, placement readers and decision share. Pure data, no behaviour. */

/** `Enforce` blocks and pins, `Warn` returns a warning, `Audit` only records. */
export type Mode = "Enforce" | "Warn" | "Audit";

/** What is in force for one tenant, compiled from its Tenant, the ResidencyPolicies that select it, and Regions. */
export interface Plan {
  readonly tenant: string;
  readonly uid: string;
  /** The home in effect: whose log has the receipts. Of a tenant that never had one, what it asks for. */
  readonly homeRegion: string;
  /** The home that the tenant asks for, where it is no Region and another one is in effect. */
  readonly requestedHome?: string;
  /** Effective regions: the tenant's own intersected with every matching policy; sorted. Empty blocks everything. */
  readonly regions: readonly string[];
  /** Those of them that pods are pinned to by `topology.kubernetes.io/region`, sorted; absent for none. */
  readonly topologyPinned?: readonly string[];
  readonly mode: Mode;
  /** Names of the policies that select this tenant, sorted. */
  readonly policies: readonly string[];
  /** `sha256:` + 64 hex digits over the canonical JSON of all the above: changes exactly when the plan changes. */
  readonly digest: string;
}

export interface RegionFacts {
  readonly name: string;
  readonly jurisdiction: string;
  readonly zones: readonly string[];
}

export interface NodeFacts {
  readonly name: string;
  /** The region somebody vouches for; undefined when nobody does. */
  readonly region: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
}

/** What placement readers may look up. The inventory provides it; tests write it by hand. */
export interface Topology {
  readonly regions: readonly RegionFacts[];
  readonly nodes: ReadonlyMap<string, NodeFacts>;
  /**
   * The regions that the in-process pin stands for in this object's namespace. What only says these is the pin (or as good
   * as it), not a request of the author.
   */
  readonly pin: readonly string[];
  /** Those of `pin` that go by `topology.kubernetes.io/region` and not by the vouched label; absent for none. */
  readonly topologyPinned?: readonly string[];
}

/**
 * What an object says about where it would put a tenant's data or compute.
 * `deferred`: a template that says nothing; the pods made from it are pinned and decided themselves.
 */
export type Placement =
  | {
      readonly constraint: "regions";
      readonly regions: readonly string[];
      readonly field: string;
      readonly raw?: string;
      /** Bound by the pin: where it may go, not what its author asked for. */
      readonly pinned?: true;
    }
  | { readonly constraint: "unconstrained"; readonly field: string }
  | { readonly constraint: "deferred"; readonly field: string }
  | {
      readonly constraint: "unresolvable";
      readonly field: string;
      readonly detail: string;
      readonly raw?: string;
      /** More exact than REGION_UNRESOLVABLE, where the reader knows. */
      readonly reason?: "NODE_UNKNOWN" | "NODE_WITHOUT_REGION" | "TOO_MANY_TERMS";
    };

/** A Kubernetes object as JSON gives it: nothing about its shape may be trusted. */
// biome-ignore lint/suspicious/noExplicitAny: objects come from users; readers check what they read
export type KubeObject = Record<string, any>;

export type Verdict = "allow" | "block" | "warn" | "audit";

export interface Decision {
  readonly verdict: Verdict;
  /** Stable code from `reasons`. */
  readonly reason: string;
  /** Regions the object asked for: registered names, sorted; `unknown` for what could not be resolved. */
  readonly requested: readonly string[];
  readonly allowed: readonly string[];
  readonly field: string;
  /** As written by the user, where it is not a registered region name. */
  readonly raw?: string;
  /** Why it could not be resolved, where that is known. */
  readonly detail?: string;
}
