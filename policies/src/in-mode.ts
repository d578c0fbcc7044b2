import type { Plan } from "./types.ts";

/** The plan as it is enforced; without enforcement as in mode Audit. */
export function inMode(plan: Plan, enforce: boolean): Plan {
  return enforce || plan.mode === "Audit" ? plan : { ...plan, mode: "Audit" };
}
