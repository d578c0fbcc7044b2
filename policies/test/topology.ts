import type { NodeFacts, Plan, Topology } from "../src/index.ts";

export function node(
  name: string,
  region: string | undefined,
  labels: Record<string, string> = {},
): NodeFacts {
  return { name, region, labels };
}

/** Two regions of the EU, one of the US; one node in each, one that nobody vouches for. */
export function topology(pin: readonly string[] = []): Topology {
  const nodes = [
    node("eu-node", "eu-west-1", {
      "kubernetes.io/hostname": "eu-host",
      "topology.kubernetes.io/region": "eu-west-1",
    }),
    node("de-node", "eu-central-1", { "topology.kubernetes.io/region": "eu-central-1" }),
    node("us-node", "us-east-1", {
      "kubernetes.io/hostname": "us-host",
      "topology.kubernetes.io/region": "us-east-1",
    }),
    node("stray", undefined, { "topology.kubernetes.io/region": "eu-west-1" }),
  ];
  return {
    regions: [
      { name: "eu-west-1", jurisdiction: "EU", zones: ["eu-west-1a", "eu-west-1b"] },
      { name: "eu-central-1", jurisdiction: "EU", zones: ["eu-central-1a"] },
      { name: "us-east-1", jurisdiction: "US", zones: ["us-east-1a", "us-east-1b"] },
    ],
    nodes: new Map(nodes.map((one) => [one.name, one])),
    pin,
  };
}

export function plan(regions: readonly string[] = ["eu-west-1"], mode: Plan["mode"] = "Enforce"): Plan {
  return {
    tenant: "acme",
    uid: "u-1",
    homeRegion: "eu-west-1",
    regions,
    mode,
    policies: ["eu-only"],
    digest: "sha256:0",
  };
}

export function required(...nodeSelectorTerms: unknown[]): Record<string, unknown> {
  return {
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  };
}

export function term(...matchExpressions: unknown[]): Record<string, unknown> {
  return { matchExpressions };
}

export function named(...values: string[]): Record<string, unknown> {
  return { matchFields: [{ key: "metadata.name", operator: "In", values }] };
}

export const region = "topology.kubernetes.io/region";
export const vouched = "node-restriction.kubernetes.io/residency-region";
export const zone = "topology.kubernetes.io/zone";
export const hostname = "kubernetes.io/hostname";

export function one(key: string, operator: string, ...values: string[]): Record<string, unknown> {
  return values.length > 0 ? { key, operator, values } : { key, operator };
}
