import { type Condition, type Region, restrictedRegion, topologyRegion } from "@companyos/crds";
import { claimsNode } from "@companyos/inventory";
import { fewOf, type NodeFacts, pageLink } from "@companyos/policies";
import { wholeSeconds } from "../conditions.ts";
import { contradiction } from "./decide.ts";

const named = 5;

/** Nodes that somebody should hear about, by what is the matter with them. */
interface Findings {
  readonly mismatched: readonly string[];
  readonly unvouched: readonly string[];
  /** Of these, nodes whose label draws pods that are then refused at each bind. */
  readonly drawing: readonly string[];
  /** Vouched for, without the label that pods are pinned by. */
  readonly unlabelled: readonly string[];
  /** In order, but the topology label has another name for the place. */
  readonly otherwise: readonly string[];
}

type Finding = readonly [status: Condition["status"], reason: string, message: string];

/**
 * Condition of a Region: whether every node that claims it, or is vouched for in it, is vouched for, agrees, and can be
 * found by the pods that are pinned to it. Where pods would wait for ever it is False, or its message says why.
 */
export function nodesVouched(options: {
  region: Region;
  regions: readonly Region[];
  nodes: Iterable<NodeFacts>;
  /** A node that is about to be vouched for waits for nobody. */
  announced: (name: string) => boolean;
  /** URL of the folder with our pages. */
  docs?: string | undefined;
  now: number;
}): Condition {
  const { region, now } = options;
  const nodes = [...options.nodes];
  const stands = nodes.some((node) => node.region === region.metadata.name);
  const [status, reason, message] = finding(options, lookAt({ ...options, nodes }), stands);
  const old = region.status?.conditions?.find(({ type }) => type === "NodesVouched");
  const time = wholeSeconds(now);
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : time;
  const observedGeneration = region.metadata.generation ?? 0;
  return { type: "NodesVouched", status, observedGeneration, lastTransitionTime, reason, message };
}

function lookAt({ region, regions, nodes, announced }: Parameters<typeof nodesVouched>[0]): Findings {
  const { name } = region.metadata;
  const pinLabel = pinLabelOf(region);
  const mismatched: string[] = [];
  const unvouched: string[] = [];
  const drawing: string[] = [];
  const unlabelled: string[] = [];
  const otherwise: string[] = [];
  for (const node of nodes) {
    const says = node.labels[topologyRegion];
    if (node.region === name) {
      const instead = contradiction(node, regions, name);
      if (instead !== undefined) mismatched.push(`${node.name} (says ${instead})`);
      else if (node.labels[pinLabel] !== name && !announced(node.name)) unlabelled.push(node.name);
      else if (says !== name) otherwise.push(`${node.name} (says ${says ?? "nothing"})`);
    } else if (pinLabel === topologyRegion && says === name && node.region !== undefined)
      mismatched.push(`${node.name} (vouched for as ${node.region})`);
    else if (node.region === undefined && !announced(node.name)) {
      const draws = node.labels[pinLabel] === name;
      if (draws) {
        unvouched.push(`${node.name} (draws pods by its label ${pinLabel})`);
        // The topology label is the cloud's, which would write it again.
        if (pinLabel === restrictedRegion) drawing.push(node.name);
      } else if (claimsNode(region, node)) unvouched.push(node.name);
    }
  }
  return { mismatched, unvouched, drawing, unlabelled, otherwise };
}

function finding(
  { region, docs }: { readonly region: Region; readonly docs?: string | undefined },
  { mismatched, unvouched, drawing, unlabelled, otherwise }: Findings,
  stands: boolean,
): Finding {
  const { name } = region.metadata;
  if (mismatched.length > 0)
    return [
      "False",
      "NodeRegionMismatch",
      `${list(mismatched)}: the node's own labels say something else than what is vouched for. They move nothing: pods that go by ${topologyRegion} are refused there, others run. Correct the labels, or the label ${restrictedRegion} if the node moved`,
    ];
  if (unvouched.length > 0)
    return [
      "False",
      "NodesUnvouched",
      `${list(unvouched)}: nobody vouches for what the node says; no tenant's pod can be bound to it. A node made again in another region, or no longer listed by its Region, waits for an administrator to set ${restrictedRegion}, or to take it off${takeOff(drawing)}`,
    ];
  if (unlabelled.length > 0) return ["False", "PinLabelMissing", `${list(unlabelled)}: ${missing(region)}`];
  const pool = `a node pool at zero grows for it only with the label ${pinLabelOf(region)}=${name} in its template (${pageLink("docs/autoscalers.md", docs)})`;
  if (!stands)
    return [
      "True",
      "NoNodes",
      `no node counts as this region: pods pinned to it stay Pending until one joins; ${pool}`,
    ];
  const agree = "every node that counts as this region is vouched for, and pods pinned to it find it";
  if (otherwise.length === 0) return ["True", "AllVouched", agree];
  return [
    "True",
    "AllVouched",
    `${agree}. Pods that themselves ask for ${topologyRegion} ${name} do not run on ${list(otherwise)}; nor do pods that an earlier release pinned, until they are made anew`,
  ];
}

/** The label of nodes that pods are pinned to this region by. */
function pinLabelOf({ spec }: Region): string {
  return spec.nodes?.pinnedBy === "Topology" ? topologyRegion : restrictedRegion;
}

function missing(region: Region): string {
  const { name } = region.metadata;
  return pinLabelOf(region) === topologyRegion
    ? `spec.nodes.pinnedBy is Topology, and the node's ${topologyRegion} is not ${name}: pods pinned to this region never go there. Label the node, or pin by the vouched label`
    : `vouched for, but without the label ${restrictedRegion}=${name}: pods pinned to this region do not go there. The operator writes it; if it stays away, its log says why`;
}

/** The command for as many as are named; kubectl takes several. */
function takeOff(nodes: readonly string[]): string {
  const some = [...nodes].sort().slice(0, named).join(" ");
  return some === "" ? "" : `: kubectl label node ${some} ${restrictedRegion}-`;
}

function list(names: readonly string[]): string {
  return fewOf([...names].sort(), named);
}
