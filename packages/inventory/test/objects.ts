import type { KubeObject } from "@companyos/policies";

const apiVersion = "residency.companyos.io/v1";

export const region = (name: string, jurisdiction: string, more: object = {}): KubeObject => ({
  apiVersion,
  kind: "Region",
  metadata: { name },
  spec: { jurisdiction, ...more },
});

export const tenant = (name: string, homeRegion: string, more: object = {}, labels = {}): KubeObject => ({
  apiVersion,
  kind: "Tenant",
  metadata: { name, labels },
  spec: { homeRegion, ...more },
});

export const policy = (name: string, allowed: object, more: object = {}): KubeObject => ({
  apiVersion,
  kind: "ResidencyPolicy",
  metadata: { name },
  spec: { allowed, ...more },
});

export const node = (name: string, labels: Record<string, string> = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels },
});

export const regionLabel = (name: string) => ({ "topology.kubernetes.io/region": name });
/** What the operator writes down, and a kubelet cannot. */
export const vouchedLabel = (name: string) => ({ "node-restriction.kubernetes.io/residency-region": name });
