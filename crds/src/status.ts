/** What every status has in common: kstatus conditions (`Ready`, `Reconciling`, `Stalled`) and the generation seen. */
import { z } from "zod";
import { dateTime, text } from "./fields.ts";

/** Characters that a condition's message has at most. */
export const maxConditionMessage = 32_768;

const condition = z.object({
  type: z.string().min(1).max(316).describe("Name of the condition: Ready, Reconciling or Stalled."),
  status: z.enum(["True", "False", "Unknown"]).describe("Whether it holds."),
  observedGeneration: z.int().min(0).optional().describe("Generation of the spec it speaks of."),
  lastTransitionTime: dateTime.describe("When the status last changed."),
  reason: z.string().min(1).max(1024).describe("Stable code, CamelCase."),
  message: text(maxConditionMessage).describe("What happened and what to do, for people."),
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

/** How many names a column shows. */
const shown = 8;

/** Of a status: names for a column of kubectl, which prints a list as JSON. `joined` writes it. */
export const joinedNames = (field: string) =>
  z
    .string()
    .max(1024)
    .optional()
    .describe(
      `${field} in one line, for kubectl's table: the first ${shown} of them, and how many more there are.`,
    );

/** The text of such a field, for spreading into a status; nothing where there is no list. */
export function joined<F extends string>(
  field: F,
  names: readonly string[] | undefined,
): { [K in F]?: string } {
  if (names === undefined) return {};
  const more = names.length > shown ? [`+${names.length - shown}`] : [];
  return { [field]: [...names.slice(0, shown), ...more].join(",") } as { [K in F]?: string };
}

export type Condition = z.output<typeof condition>;
