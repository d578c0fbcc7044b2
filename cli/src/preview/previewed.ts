import type { Plan, PlanProblem } from "@companyos/policies";
import type { InstallationFlags } from "../installation.ts";
import type { Change } from "./compare.ts";

export interface PreviewFlags extends InstallationFlags {
  readonly filename: readonly string[];
  readonly with: readonly string[];
  readonly diff?: boolean;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly output: "text" | "yaml" | "json";
}

/** One tenant's plan and footprint. `plan` is undefined where none can be made; then there are no changes. */
export interface Previewed {
  readonly tenant: string;
  /** `spec.paused`: beside a cluster there are no changes, since the operator makes none. */
  readonly paused: boolean;
  readonly plan: Plan | undefined;
  readonly problems: readonly PlanProblem[];
  readonly changes: readonly Change[];
}
