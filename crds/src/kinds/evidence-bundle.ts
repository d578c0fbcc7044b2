import { z } from "zod";
import { dateTime, dnsLabel, regionName, setOf, text } from "../fields.ts";
import { defineKind } from "../kind.ts";
import { withRules } from "../rules.ts";
import { conditions, observedGeneration } from "../status.ts";

export const evidenceBundleSpec = withRules(
  z.object({
    tenant: dnsLabel.describe("Tenant whose receipts it holds."),
    regions: setOf(regionName, { min: 1, max: 32 })
      .optional()
      .describe("Logs to take receipts from. Absent: the tenant's home region."),
    period: withRules(
      z.object({
        from: dateTime.describe("First instant covered, RFC 3339."),
        to: dateTime.describe("First instant no longer covered, RFC 3339."),
      }),
      [
        {
          cel: "self.from < self.to",
          message: "from must be before to",
          fieldPath: ".to",
          holds: ({ from, to }) => Date.parse(from) < Date.parse(to),
        },
      ],
    )
      .optional()
      .describe("Period covered. Absent: everything so far."),
    disclose: setOf(
      z
        .string()
        .min(1)
        .max(64)
        .regex(/^[a-z][A-Za-z]*$/, "must be the name of a disclosure, such as namespace"),
      { max: 64 },
    )
      .optional()
      .describe("Disclosures to include, such as tenant, namespace, name. Absent: the tenant only."),
    audience: text(256).optional().describe("Whom it is for; written into the seal."),
    nonce: z
      .string()
      .min(1)
      .max(256)
      .regex(/^[!-~]+$/, "must be printable ASCII without spaces")
      .optional()
      .describe("Challenge of the auditor; written into the seal, so that an old bundle cannot answer it."),
  }),
  [
    {
      cel: "self == oldSelf",
      message: "an evidence bundle states one moment; make another one",
      reason: "FieldValueForbidden",
    },
  ],
).describe("What to prove, of whom, to whom.");

export const evidenceBundleStatus = z
  .object({
    observedGeneration: observedGeneration.optional(),
    conditions: conditions.optional(),
    digest: z.string().max(128).optional().describe("Digest of the bundle: sha256: and 64 hex digits."),
    size: z.int().min(0).optional().describe("Size of the bundle in bytes."),
    checkpoint: z.string().max(8192).optional().describe("Signed checkpoint it was made under."),
    verified: z.boolean().optional().describe("Whether it passed verification after it was written."),
  })
  .describe("The bundle that was made.");

export const evidenceBundle = defineKind({
  kind: "EvidenceBundle",
  plural: "evidencebundles",
  short: "eb",
  description: "Receipts and their proofs for one tenant and one period, verifiable offline.",
  name: "subdomain",
  spec: evidenceBundleSpec,
  status: evidenceBundleStatus,
  columns: [
    {
      name: "Tenant",
      type: "string",
      jsonPath: ".spec.tenant",
      description: "Tenant whose receipts it holds.",
    },
    { name: "From", type: "string", jsonPath: ".spec.period.from", description: "First instant covered." },
    {
      name: "To",
      type: "string",
      jsonPath: ".spec.period.to",
      description: "First instant no longer covered.",
    },
    { name: "Size", type: "integer", jsonPath: ".status.size", description: "Bytes." },
    {
      name: "Verified",
      type: "boolean",
      jsonPath: ".status.verified",
      description: "Whether it passed verification.",
    },
    {
      name: "Ready",
      type: "string",
      jsonPath: '.status.conditions[?(@.type=="Ready")].status',
      description: "Whether it is there.",
      priority: 1,
    },
    {
      name: "Digest",
      type: "string",
      jsonPath: ".status.digest",
      description: "Digest of the bundle.",
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

export type EvidenceBundleSpec = z.output<typeof evidenceBundleSpec>;
export type EvidenceBundleStatus = z.output<typeof evidenceBundleStatus>;
export type EvidenceBundle = z.output<typeof evidenceBundle.schema>;
export type EvidenceBundleInput = z.input<typeof evidenceBundle.schema>;
