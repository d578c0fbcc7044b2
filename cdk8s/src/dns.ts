/** Where the pods of a cluster look names up: what the isolation of a tenant lets through besides the tenant itself. */
export interface ClusterDns {
  /** Namespaces in which pods respond to look-ups. */
  readonly namespaces: readonly string[];
  /** Addresses, or CIDRs, of what responds and is no pod that a selector could name: a Service's own, a node's cache. */
  readonly addresses: readonly string[];
  /** Where network policies see them: a Service's port 53, and what its pods listen on. */
  readonly ports: readonly number[];
}

/** Address of the cache that clusters run on each node where they run one. */
export const nodeLocalDns = "169.254.20.10";

/** What is let through where nobody has looked. */
export const usualDns: ClusterDns = { namespaces: ["kube-system"], addresses: [nodeLocalDns], ports: [53] };
