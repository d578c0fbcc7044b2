/** What every status has in common: kstatus conditions (`Ready`, `Reconciling`, `Stalled`) and the generation seen. */
import { z } from "zod";
import { dateTime, text } from "./fields.ts";

const condition = z.object({
  type: z.string().min(1).max(316).describe("Name of the condition: Ready, Reconciling or Stalled."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  observedGeneration: z.int().min(0).optional().describe("Generation of the spec it speaks of."),
  lastTransitionTime: dateTime.describe("When the status last changed."),
  reason: z.string().min(1).max(1024).describe("Stable code, CamelCase."),
  message: text(32768).describe("What happened and what to do, for people."),
});

export const conditions = z
  .array(condition)
  .max(16)
  .meta({ "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] })
  .describe("What is true of this object now; follows kstatus.");

export const observedGeneration = z
  .int()
  .min(0)
  .describe("Generation of the spec that this status speaks of.");

export type Condition = z.output<typeof condition>;
