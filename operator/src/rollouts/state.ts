import type { TenantRollout } from "@companyos/crds";
import type { Plan } from "@companyos/policies";
import type { Pin } from "./template.ts";

/** What templates of a tenant are brought to, and since when. */
export type RolloutState = Pick<TenantRollout, "planDigest" | "regions" | "since" | "namespaces">;

/**
 * The state under this plan. Only a change of regions or of mode begins anything: where nothing is remembered, what stands
 * is taken as it is, so an upgrade of ours begins nothing. A namespace that was handed over counts as changed, since its
 * workloads are older than the rule. Without any region allowed nothing is begun either: it would end every pod. Pure.
 *
 * @param adopted of the namespaces, those that were there before they came to the tenant
 * @param now RFC 3339
 */
export function nextState(
  old: RolloutState | undefined,
  plan: Pick<Plan, "mode" | "regions" | "digest">,
  namespaces: readonly string[],
  adopted: ReadonlySet<string>,
  now: string,
): RolloutState {
  const planDigest = plan.digest;
  if (old && isEmpty(plan)) return { ...old, planDigest };
  const target = plan.mode === "Enforce" && plan.regions.length > 0 ? [...plan.regions].sort() : undefined;
  const known = new Set(old?.namespaces);
  const changed =
    old !== undefined &&
    (String(old.regions) !== String(target) ||
      namespaces.some((name) => adopted.has(name) && !known.has(name)));
  const since = changed ? now : old?.since;
  return {
    planDigest,
    ...(target ? { regions: target } : {}),
    ...(since ? { since } : {}),
    namespaces: [...namespaces].sort(),
  };
}

/** Every placement is refused: what runs is left running until somebody allows a region. */
export function isEmpty({ mode, regions }: Pick<Plan, "mode" | "regions">): boolean {
  return mode === "Enforce" && regions.length === 0;
}

/** What templates are brought to in that state; the label of each region is the plan's. */
export function pinOf(
  { regions }: RolloutState,
  { topologyPinned }: Pick<Plan, "topologyPinned">,
): Pin | undefined {
  return regions && { regions, topologyPinned };
}
