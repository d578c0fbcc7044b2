import { z } from "zod";
import {
  dnsSubdomain,
  jurisdictionName,
  labelValue,
  regionWords,
  regionWordsCel,
  setOf,
  text,
} from "../fields.ts";
import { defineKind } from "../kind.ts";
import { withRules } from "../rules.ts";
import { labelSelector } from "../selector.ts";
import { conditions, joinedNames, observedGeneration } from "../status.ts";

/**
 * A kubelet may write its own topology label and providerID, so neither proves anything. What counts is the label
 * `node-restriction.kubernetes.io/residency-region`, which the API server lets no kubelet write.
 */
export const nodeAuthorities = ["FirstSeen", "Names", "RestrictedLabel"] as const;

/** Which label of a node pods are pinned by: the one that no kubelet can write, or the one that everybody reads. */
export const regionPins = ["Vouched", "Topology"] as const;

const nodes = withRules(
  z.object({
    names: setOf(dnsSubdomain, { max: 5000 }).optional().describe("Nodes by name."),
    selector: labelSelector.optional().describe("Nodes by label."),
    vouchedBy: z
      .enum(nodeAuthorities)
      .optional()
      .describe(
        "Who vouches for a node. FirstSeen (default): the operator writes down where a node stands when it first sees it; later changes of its labels are reported and change nothing. Names: only the nodes in names, by the word of whoever wrote them. RestrictedLabel: only nodes that an administrator labelled node-restriction.kubernetes.io/residency-region.",
      ),
    pinnedBy: z
      .enum(regionPins)
      .optional()
      .describe(
        "By which label of nodes pods are pinned to this region. Vouched (default): node-restriction.kubernetes.io/residency-region, which no kubelet can write; a node pool at zero needs it in its template to grow. Topology: topology.kubernetes.io/region alone, where pools can be given no other label: a node that lies about it then draws pods, which wait; none is bound to it.",
      ),
  }),
  [
    {
      cel: "self.?vouchedBy.orValue('FirstSeen') != 'Names' || (has(self.names) && self.names.size() > 0 && !has(self.selector))",
      message: "vouchedBy Names needs names, and takes no selector",
      fieldPath: ".vouchedBy",
      holds: ({ vouchedBy, names, selector }) =>
        vouchedBy !== "Names" || (names !== undefined && names.length > 0 && selector === undefined),
    },
    {
      cel: "self.?vouchedBy.orValue('FirstSeen') != 'RestrictedLabel' || (!has(self.names) && !has(self.selector))",
      message: "vouchedBy RestrictedLabel takes neither names nor selector: the label is what counts",
      fieldPath: ".vouchedBy",
      holds: ({ vouchedBy, names, selector }) =>
        vouchedBy !== "RestrictedLabel" || (names === undefined && selector === undefined),
    },
  ],
);

export const regionSpec = z
  .object({
    displayName: text(128).optional().describe("Name for people, such as Ireland."),
    jurisdiction: jurisdictionName.describe(
      "Jurisdiction the region belongs to, such as EU. ResidencyPolicies may allow by it.",
    ),
    zones: setOf(labelValue, { max: 64 })
      .optional()
      .describe("Zones of the region: values of topology.kubernetes.io/zone that count as this region."),
    nodes: nodes
      .optional()
      .describe(
        "Which nodes stand in this region, and who vouches for it. Absent: nodes labelled topology.kubernetes.io/region with this Region's name, as first seen.",
      ),
    storageClasses: setOf(dnsSubdomain, { max: 64 })
      .optional()
      .describe("StorageClasses whose volumes are known to stay in this region."),
  })
  .describe("Where the region is and what stands in it.");

export const regionStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    nodes: z.int().min(0).optional().describe("Nodes that count as this region now."),
    zonesText: joinedNames("spec.zones"),
    conditions: conditions.optional(),
  })
  .describe("What the operator observed.");

export const region = defineKind(
  {
    kind: "Region",
    plural: "regions",
    short: "rgn",
    description: "A place with a name, such as eu-west-1, that belongs to one jurisdiction.",
    name: "label",
    spec: regionSpec,
    status: regionStatus,
    columns: [
      {
        name: "Jurisdiction",
        type: "string",
        jsonPath: ".spec.jurisdiction",
        description: "Jurisdiction the region belongs to.",
      },
      { name: "Nodes", type: "integer", jsonPath: ".status.nodes", description: "Nodes in the region." },
      {
        name: "Vouched",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="NodesVouched")].status',
        description: "Whether every node that claims the region is vouched for and can be found by its pods.",
      },
      {
        name: "Ready",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].status',
        description: "Whether the region is usable.",
      },
      {
        name: "Reason",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
        description: "Why.",
      },
      {
        name: "Vouching",
        type: "string",
        jsonPath: '.status.conditions[?(@.type=="NodesVouched")].reason',
        description: "What is the matter with the nodes.",
        priority: 1,
      },
      {
        name: "Display Name",
        type: "string",
        jsonPath: ".spec.displayName",
        description: "Name for people.",
        priority: 1,
      },
      {
        name: "Zones",
        type: "string",
        jsonPath: ".status.zonesText",
        description: "Zones of the region.",
        priority: 1,
      },
      {
        name: "Age",
        type: "date",
        jsonPath: ".metadata.creationTimestamp",
        description: "Time since it was created.",
      },
    ],
  },
  [
    {
      cel: `!(self.metadata.name in ${regionWordsCel})`,
      message: `${regionWords.join(", ")} are words that receipts and metrics have for what is no one Region; choose another name`,
      fieldPath: ".metadata.name",
      holds: ({ metadata }) => !regionWords.includes(metadata.name),
    },
  ],
);

export type NodeAuthority = (typeof nodeAuthorities)[number];
export type RegionPin = (typeof regionPins)[number];
export type RegionSpec = z.output<typeof regionSpec>;
export type RegionStatus = z.output<typeof regionStatus>;
export type Region = z.output<typeof region.schema>;
export type RegionInput = z.input<typeof region.schema>;
