import { z } from "zod";
import { labelValue, mapOf } from "./fields.ts";
import { withRules } from "./rules.ts";

const requirement = withRules(
  z.object({
    key: z.string().min(1).max(316).describe("Label key."),
    operator: z
      .enum(["In", "NotIn", "Exists", "DoesNotExist"])
      .describe("How the label relates to the values."),
    values: z
      .array(labelValue)
      .max(64)
      .optional()
      .describe("Values for In and NotIn; absent for Exists and DoesNotExist."),
  }),
  [
    {
      cel: "self.operator in ['In', 'NotIn'] ? has(self.values) && self.values.size() > 0 : !has(self.values) || self.values.size() == 0",
      message: "In and NotIn need values; Exists and DoesNotExist take none",
      fieldPath: ".values",
      holds: ({ operator, values }) =>
        (operator === "In" || operator === "NotIn") === (values ?? []).length > 0,
    },
  ],
);

/** `LabelSelector` of meta/v1. Empty selects everything. */
export const labelSelector = z.object({
  matchLabels: mapOf(labelValue, 32).optional().describe("Labels that must all be there with these values."),
  matchExpressions: z.array(requirement).max(32).optional().describe("Requirements that must all hold."),
});

export type LabelSelector = z.output<typeof labelSelector>;
