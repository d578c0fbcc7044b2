/** Whether nodes stand where Regions say, and where notaries are to run. Pure. */
import { parseRegion, type Region, topologyRegion } from "@companyos/crds";
import { inventoryFromFiles } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";
import { counted } from "../plural.ts";
import { type Item, missing, ok, some, warning } from "./item.ts";
import type { ChartValues } from "./values.ts";

const zoneLabel = "topology.kubernetes.io/zone";

export function nodeItems(
  nodes: readonly KubeObject[],
  regionObjects: readonly KubeObject[],
  { regions: withNotary, notarySelector }: Pick<ChartValues, "regions" | "notarySelector">,
): Item[] {
  const regions = regionObjects.map((one) => parseRegion(one)).flatMap((one) => (one.ok ? [one.value] : []));
  const inventory = inventoryFromFiles([...regionObjects, ...nodes.map(asNode)]);
  const known = inventory.nodes();
  const labelled = (node: KubeObject, wanted: Readonly<Record<string, string>>) =>
    Object.entries(wanted).every(([key, value]) => node.metadata.labels?.[key] === value);
  const notaries = withNotary.map((region) => {
    const check = `Notary of ${region}`;
    const selector = { [topologyRegion]: region, ...notarySelector };
    const fitting = nodes.filter((node) => labelled(node, selector));
    const text = Object.entries(selector)
      .map(([key, value]) => `${key}=${value}`)
      .join(",");
    return fitting.length > 0
      ? ok(check, `${counted(fitting.length, "node")} it may run on`)
      : missing(
          check,
          `no node has ${text}`,
          "label the nodes of the region, or correct companyos.residency.regions or notary.nodeSelector",
        );
  });
  return [
    ...notaries,
    ...regions.flatMap((region) => regionItems(region, nodes, known)),
    ...strays(nodes, known, regions),
  ];
}

type Known = ReturnType<ReturnType<typeof inventoryFromFiles>["nodes"]>;

function regionItems(region: Region, nodes: readonly KubeObject[], known: Known): Item[] {
  const { name } = region.metadata;
  const check = `Region ${name}`;
  const own = nodes.filter((node) => known.get(node.metadata.name ?? "")?.region === name);
  if (own.length === 0)
    return [
      warning(
        check,
        "no node stands in it",
        "a node pool may be at zero; else correct spec.nodes of the Region, or the nodes' labels",
      ),
    ];
  const zones = region.spec.zones ?? [];
  const outside = own.filter((node) => {
    const zone = node.metadata.labels?.[zoneLabel];
    return zones.length > 0 && zone !== undefined && !zones.includes(zone);
  });
  return outside.length === 0
    ? [ok(check, counted(own.length, "node"))]
    : [
        warning(
          check,
          `nodes in zones that it does not list: ${some(outside.map(({ metadata }) => `${metadata.name} (${metadata.labels?.[zoneLabel]})`))}`,
          "add the zones to spec.zones, or see whose nodes these are: pods that name such a zone are refused",
        ),
      ];
}

function strays(nodes: readonly KubeObject[], known: Known, regions: readonly Region[]): Item[] {
  const check = "Nodes";
  if (nodes.length === 0) return [missing(check, "there are none", "add nodes: nothing could run")];
  const without = nodes
    .filter((node) =>
      regions.length === 0
        ? node.metadata.labels?.[topologyRegion] === undefined
        : known.get(node.metadata.name ?? "")?.region === undefined,
    )
    .map(({ metadata }) => metadata.name ?? "");
  const what = regions.length === 0 ? `without ${topologyRegion}` : "that no Region claims";
  return without.length === 0
    ? [ok(check, `${counted(nodes.length, "node")}, none ${what}`)]
    : [
        warning(
          check,
          `${without.length} of ${nodes.length} ${what}: ${some(without)}`,
          "no tenant's pod runs there; label them, or name them in a Region's spec.nodes",
        ),
      ];
}

const asNode = (node: KubeObject) => ({ ...node, apiVersion: "v1", kind: "Node" });
