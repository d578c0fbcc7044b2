import type { Condition, Region } from "@companyos/crds";
import { claimsNode } from "@companyos/inventory";
import type { NodeFacts } from "@companyos/policies";
import { contradiction } from "./decide.ts";

const named = 5;

/** Condition of a Region: whether every node that claims it, or is vouched for in it, is vouched for and agrees. */
export function nodesVouched(options: {
  region: Region;
  regions: readonly Region[];
  nodes: Iterable<NodeFacts>;
  /** A node that is about to be vouched for waits for nobody. */
  announced: (name: string) => boolean;
  now: number;
}): Condition {
  const { region, regions, announced, now } = options;
  const { name, generation } = region.metadata;
  const mismatched: string[] = [];
  const unvouched: string[] = [];
  for (const node of options.nodes) {
    if (node.region === name) {
      const says = contradiction(node, regions, name);
      if (says !== undefined) mismatched.push(`${node.name} (says ${says})`);
    } else if (node.region === undefined && claimsNode(region, node) && !announced(node.name))
      unvouched.push(node.name);
  }
  const [status, reason, message] =
    mismatched.length > 0
      ? (["False", "NodeRegionMismatch", contradicting(mismatched)] as const)
      : unvouched.length > 0
        ? (["False", "NodesUnvouched", waiting(unvouched)] as const)
        : (["True", "AllVouched", "every node that counts as this region agrees"] as const);
  const old = region.status?.conditions?.find(({ type }) => type === "NodesVouched");
  const time = new Date(now).toISOString().replace(/\.\d{3}Z$/, "Z");
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : time;
  const observedGeneration = generation ?? 0;
  return { type: "NodesVouched", status, observedGeneration, lastTransitionTime, reason, message };
}

function contradicting(nodes: readonly string[]): string {
  return `${list(nodes)}: the node's own labels say something else than what is vouched for; they change nothing, but pods that the scheduler sends there are refused. Correct the labels, or the label node-restriction.kubernetes.io/residency-region if the node moved`;
}

function waiting(nodes: readonly string[]): string {
  return `${list(nodes)}: nobody vouches for what the node says; no tenant's pod can be bound to it. A node made again in another region waits for an administrator to set node-restriction.kubernetes.io/residency-region`;
}

function list(names: readonly string[]): string {
  const sorted = [...names].sort();
  const more = sorted.length > named ? ` and ${sorted.length - named} more` : "";
  return `${sorted.slice(0, named).join(", ")}${more}`;
}
