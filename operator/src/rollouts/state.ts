import { maxLookedAt, type TenantRollout } from "@companyos/crds";
import type { Plan } from "@companyos/policies";
import type { Pin } from "./template.ts";

/** What templates of a tenant are brought to, since when, and until when. */
export type RolloutState = Pick<
  TenantRollout,
  "planDigest" | "regions" | "topologyPinned" | "since" | "finished" | "namespaces"
>;

export interface Found {
  /** Some template leads nowhere: it was made while no region was allowed. */
  readonly nowhere?: boolean;
  /** An earlier process has looked at the Tenant, perhaps one that rolled nothing. Default true. */
  readonly wasKnown?: boolean;
}

/**
 * The state under this plan. Only a change of regions, of the label that a region goes by, or of mode begins anything: where
 * nothing is remembered, what stands is taken as it is, so an upgrade of ours begins nothing. A namespace that was handed over
 * counts as changed, since its workloads are older than the rule. Without any region allowed nothing is begun either: it would
 * end every pod. Pure.
 *
 * @param adopted of the namespaces, those that were there before they came to the tenant
 * @param now RFC 3339
 */
export function nextState(
  old: (RolloutState & Partial<Pick<TenantRollout, "left">>) | undefined,
  plan: Pick<Plan, "mode" | "regions" | "digest" | "topologyPinned">,
  namespaces: readonly string[],
  adopted: ReadonlySet<string>,
  now: string,
  { nowhere = false, wasKnown = true }: Found = {},
): RolloutState {
  const planDigest = plan.digest;
  if (old && isEmpty(plan)) return { ...stateOf(old), planDigest };
  const target = plan.mode === "Enforce" && plan.regions.length > 0 ? [...plan.regions].sort() : undefined;
  const topologyPinned = target ? [...(plan.topologyPinned ?? [])].sort() : [];
  const known = new Set(old?.namespaces);
  // Those that could not be noted would join anew for ever.
  const joined =
    adopted.size <= maxLookedAt && namespaces.some((name) => adopted.has(name) && !known.has(name));
  const changed =
    (old ? joined : joined && !wasKnown) ||
    (nowhere && !(old && isOpen(old)) && !isEmpty(plan)) ||
    (old !== undefined && String(old.regions) !== String(target)) ||
    (target !== undefined &&
      old?.topologyPinned !== undefined &&
      String(old.topologyPinned) !== String(topologyPinned));
  const rest = { planDigest, ...(target ? { regions: target } : {}), namespaces: noted(namespaces, adopted) };
  if (changed) return { ...rest, topologyPinned, since: now };
  const { since } = old ?? {};
  if (since === undefined) return { ...rest, topologyPinned };
  // Releases that noted no labels noted no end either.
  const isOlder = old?.topologyPinned === undefined;
  const finished = old?.finished ?? (isOlder && old?.left === 0 ? now : undefined);
  return {
    ...rest,
    ...(isOlder && finished === undefined ? {} : { topologyPinned }),
    since,
    ...(finished ? { finished } : {}),
  };
}

/** As many as a status takes: by those that were handed over it is told later that one joined. */
function noted(namespaces: readonly string[], adopted: ReadonlySet<string>): string[] {
  const all = [...namespaces].sort();
  if (all.length <= maxLookedAt) return all;
  const first = all.filter((name) => adopted.has(name));
  return [...first, ...all.filter((name) => !adopted.has(name))].slice(0, maxLookedAt).sort();
}

function stateOf(old: RolloutState): RolloutState {
  const { planDigest, regions, topologyPinned, since, finished, namespaces } = old;
  return {
    planDigest,
    ...(regions ? { regions } : {}),
    ...(topologyPinned ? { topologyPinned } : {}),
    ...(since ? { since } : {}),
    ...(finished ? { finished } : {}),
    namespaces,
  };
}

/** Every placement is refused: what runs is left running until somebody allows a region. */
export function isEmpty({ mode, regions }: Pick<Plan, "mode" | "regions">): boolean {
  return mode === "Enforce" && regions.length === 0;
}

/** What templates are brought to in that state; the label of each region is the plan's. */
export function pinOf(
  { regions, topologyPinned: noted }: RolloutState,
  { topologyPinned }: Pick<Plan, "topologyPinned">,
): Pin | undefined {
  return regions && { regions, topologyPinned, byAnyLabel: noted === undefined };
}

/** Whether templates are being changed. */
export function isOpen({ since, finished }: RolloutState): boolean {
  return since !== undefined && finished === undefined;
}

/** Tells one change from another. */
export function changeOf({ regions, topologyPinned, since }: RolloutState): string {
  return `${since} ${regions} ${topologyPinned}`;
}
