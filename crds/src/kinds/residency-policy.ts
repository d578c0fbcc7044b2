import { z } from "zod";
import { dnsLabel, jurisdictionName, regionName, regionWords, regionWordsCel, setOf } from "../fields.ts";
import { defineKind } from "../kind.ts";
import { modes } from "../modes.ts";
import { withRules } from "../rules.ts";
import { labelSelector } from "../selector.ts";
import { conditions, joinedNames, observedGeneration } from "../status.ts";

export const residencyPolicySpec = z
  .object({
    tenantSelector: labelSelector
      .optional()
      .describe("Tenants it applies to, by their labels. Absent or empty: all tenants."),
    allowed: withRules(
      z.object({
        regions: setOf(regionName, { min: 1, max: 256 }).optional().describe("Regions allowed by name."),
        jurisdictions: setOf(jurisdictionName, { min: 1, max: 64 })
          .optional()
          .describe("Jurisdictions whose regions are allowed, such as EU."),
      }),
      [
        {
          cel: "has(self.regions) || has(self.jurisdictions)",
          message: "name at least one of allowed.regions and allowed.jurisdictions",
          reason: "FieldValueRequired",
          holds: ({ regions, jurisdictions }) => regions !== undefined || jurisdictions !== undefined,
        },
        {
          cel: `!has(self.regions) || self.regions.all(r, !(r in ${regionWordsCel}))`,
          message: `${regionWords.join(", ")} are no Region's names: receipts and metrics have them for what is no one Region`,
          fieldPath: ".regions",
          holds: ({ regions }) => !(regions ?? []).some((name) => regionWords.includes(name)),
        },
      ],
    ).describe(
      "Where the tenants may live: regions named, and regions of the jurisdictions named. Several policies intersect.",
    ),
    mode: z
      .enum(modes)
      .default("Enforce")
      .describe(
        "Enforce refuses other placements and pins pods, Warn returns a warning, Audit only records. The strictest policy of a tenant wins; a tenant that no policy selects is in mode Enforce, so deleting its last policy in another mode turns enforcing on.",
      ),
    record: z
      .object({
        repeatWindowSeconds: z
          .int()
          .min(5)
          .max(3600)
          .default(60)
          .describe(
            "Seconds for which the same refusal is counted under its first receipt instead of leaving another.",
          ),
      })
      .default({ repeatWindowSeconds: 60 })
      .describe("What to record."),
  })
  .describe("Which tenants may live where.");

export const residencyPolicyStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    conditions: conditions.optional(),
    tenants: z.int().min(0).optional().describe("Tenants it selects now."),
    jurisdictionsText: joinedNames("spec.allowed.jurisdictions"),
    regionsText: joinedNames("spec.allowed.regions"),
    emptyTenants: z
      .array(dnsLabel)
      .max(1000)
      .meta({ "x-kubernetes-list-type": "atomic" })
      .optional()
      .describe(
        "Tenants left without any region: every placement of theirs is blocked. The first 1000 by name.",
      ),
  })
  .describe("What it applies to now.");

export const residencyPolicy = defineKind({
  kind: "ResidencyPolicy",
  plural: "residencypolicies",
  short: "rpol",
  description: "Where the tenants it selects may live, and how strictly that is held.",
  name: "subdomain",
  spec: residencyPolicySpec,
  status: residencyPolicyStatus,
  columns: [
    {
      name: "Jurisdictions",
      type: "string",
      jsonPath: ".status.jurisdictionsText",
      description: "Jurisdictions allowed.",
    },
    {
      name: "Regions",
      type: "string",
      jsonPath: ".status.regionsText",
      description: "Regions allowed by name.",
    },
    { name: "Mode", type: "string", jsonPath: ".spec.mode", description: "Enforce, Warn or Audit." },
    { name: "Tenants", type: "integer", jsonPath: ".status.tenants", description: "Tenants it selects." },
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: "Whether it is in force.",
    },
    {
      name: "Reason",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
      description: "Why.",
      priority: 1,
    },
    {
      name: "Age",
      type: "date",
      jsonPath: ".metadata.creationTimestamp",
      description: "Time since it was created.",
    },
  ],
});

export type ResidencyPolicySpec = z.output<typeof residencyPolicySpec>;
export type ResidencyPolicyStatus = z.output<typeof residencyPolicyStatus>;
export type ResidencyPolicy = z.output<typeof residencyPolicy.schema>;
export type ResidencyPolicyInput = z.input<typeof residencyPolicy.schema>;
