import { type PodSpec, regionKey } from "./places.ts";

interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/**
 * Whether every term of a pod's required node affinity says `topology.kubernetes.io/region In` the allowed regions,
 * whatever else it says: terms are ORed.
 */
export function pinnedTo(spec: PodSpec | undefined, allowed: readonly string[]): boolean {
  const terms: { matchExpressions?: Expression[] }[] =
    spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  return terms.length > 0 && terms.every(({ matchExpressions = [] }) => matchExpressions.some(isPin));

  function isPin({ key, operator, values = [] }: Expression): boolean {
    return (
      key === regionKey &&
      operator === "In" &&
      values.length === new Set(allowed).size &&
      values.every((value) => allowed.includes(value))
    );
  }
}
