import type { PolicyMode } from "@companyos/crds";

/** What a footprint needs to know of a plan; the compiled plan of a tenant has all of it. */
export interface FootprintPlan {
  readonly homeRegion: string;
  /** Effective regions, in any order. Empty is a plan too: it blocks everything. */
  readonly regions: readonly string[];
  /** Those of them that pods are pinned to by `topology.kubernetes.io/region`; default none. */
  readonly topologyPinned?: readonly string[];
  readonly mode: PolicyMode;
}
