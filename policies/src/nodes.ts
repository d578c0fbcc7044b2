/** Placement on one named node: the node map decides, never a label. */
import { isAbsent, oneLine } from "./shape.ts";
import type { Placement, Topology } from "./types.ts";

/** `name` as an untrusted object gave it. */
export function placementOnNode(name: unknown, field: string, topology: Topology): Placement {
  const unresolvable = (reason: "NODE_UNKNOWN" | "NODE_WITHOUT_REGION", detail: string): Placement => ({
    constraint: "unresolvable",
    field,
    detail,
    reason,
    ...(typeof name === "string" ? { raw: oneLine(name) } : {}),
  });
  if (isAbsent(name) || name === "") return unresolvable("NODE_UNKNOWN", "names no node");
  if (typeof name !== "string") return unresolvable("NODE_UNKNOWN", "must be a string");
  const node = topology.nodes.get(name);
  if (node === undefined) return unresolvable("NODE_UNKNOWN", "there is no such node");
  const { region } = node;
  if (region === undefined || !topology.regions.some((known) => known.name === region))
    return unresolvable("NODE_WITHOUT_REGION", "nobody vouches for that node's region");
  return { constraint: "regions", regions: [region], field, raw: oneLine(name) };
}
