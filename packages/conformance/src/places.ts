/** A region as the corpus needs it. Names are those found in a cluster: nothing here is made up. */
export interface Place {
  readonly region: string;
  /** One of the zones that the Region lists, if it lists any. */
  readonly zone: string | undefined;
  /** Nodes that somebody vouches for. */
  readonly nodes: readonly string[];
  /** What these nodes carry as `kubernetes.io/hostname`. */
  readonly hosts: readonly string[];
}

/** The topology of the corpus: a tenant that may live in `home`, and a region where it may not. */
export interface Places {
  readonly home: Place;
  readonly abroad: Place;
  /** Every region the tenant may use; `home` is one of them. */
  readonly allowed: readonly string[];
  /** The tenant had `abroad` once: a pin to it is stale, and replaced instead of refused. */
  readonly abroadWasAllowed?: true;
}

// biome-ignore lint/suspicious/noExplicitAny: pod specs as JSON
export type PodSpec = Record<string, any>;

export const regionKey = "topology.kubernetes.io/region";
export const zoneKey = "topology.kubernetes.io/zone";
export const oldRegionKey = "failure-domain.beta.kubernetes.io/region";
export const oldZoneKey = "failure-domain.beta.kubernetes.io/zone";
export const hostnameKey = "kubernetes.io/hostname";

/** A scheduler that does not exist: what is created waits, and runs nowhere. */
export const noScheduler = "companyos-conformance";

/** A pod that Pod Security (`restricted`), quotas and limit ranges leave alone, so that only placement decides. */
export function podSpec(extra: PodSpec = {}): PodSpec {
  const amount = { cpu: "10m", memory: "16Mi" };
  return {
    containers: [
      {
        name: "main",
        image: "nginx:1.29",
        resources: { requests: amount, limits: amount },
        securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
      },
    ],
    securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: "RuntimeDefault" } },
    ...extra,
  };
}

interface Requirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface Term {
  readonly matchExpressions?: readonly Requirement[];
  readonly matchFields?: readonly Requirement[];
}

export function required(...terms: readonly Term[]): PodSpec {
  return {
    affinity: {
      nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
    },
  };
}

export function expression(key: string, operator: string, ...values: readonly string[]): Term {
  return { matchExpressions: [values.length > 0 ? { key, operator, values } : { key, operator }] };
}
