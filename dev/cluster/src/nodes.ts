import type { Api } from "./api.ts";
import { ClusterError } from "./errors.ts";
import type { NodeOptions, RegionNodes } from "./types.ts";

export const DEFAULT_REGIONS: readonly RegionNodes[] = [{ name: "us-east-1" }, { name: "eu-west-1" }];

const SIZE = { cpu: "32", memory: "256Gi", pods: "500" };

/** The nodes of some regions: `<region>-<n>`, dealt out over the region's zones. */
export function regionNodes(regions: readonly RegionNodes[]): NodeOptions[] {
  return regions.flatMap(({ name, nodes = 2, zones = [`${name}a`] }) =>
    Array.from({ length: nodes }, (_, i) => ({
      name: `${name}-${i}`,
      region: name,
      ...(zones.length > 0 ? { zone: zones[i % zones.length]! } : {}),
    })),
  );
}

/** The Node object kwok will keep alive: what a cloud's kubelet would have registered. */
export function nodeObject(node: NodeOptions): object {
  const { name, region, zone } = node;
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      annotations: { "kwok.x-k8s.io/node": "fake", ...node.annotations },
      labels: {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
        ...(region ? { "topology.kubernetes.io/region": region } : {}),
        ...(zone ? { "topology.kubernetes.io/zone": zone } : {}),
        ...node.labels,
      },
    },
    spec: {
      ...(zone ? { providerID: `aws:///${zone}/i-${name}` } : {}),
      ...(node.taints ? { taints: node.taints } : {}),
    },
    status: { allocatable: SIZE, capacity: SIZE },
  };
}

interface NodeStatus {
  status?: { conditions?: { type: string; status: string }[] };
}

export const isReady = (node: unknown): boolean =>
  (node as NodeStatus).status?.conditions?.some((c) => c.type === "Ready" && c.status === "True") ?? false;

/** Creates a node; one that is there already is left as it is. */
export async function createNode(api: Api, node: NodeOptions): Promise<void> {
  try {
    await api.json("POST", "/api/v1/nodes", nodeObject(node));
  } catch (error) {
    if ((error as ClusterError).status !== 409) throw error;
  }
}

/** Resolves when the named node is Ready; COMPONENT_NOT_READY after `timeoutMs`. */
export async function nodeReady(api: Api, name: string, timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  while (!isReady(await api.json("GET", `/api/v1/nodes/${encodeURIComponent(name)}`))) {
    if (Date.now() > deadline) {
      throw new ClusterError(
        "COMPONENT_NOT_READY",
        `Node ${name} was not Ready within ${timeoutMs} ms; see kwok's log.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
