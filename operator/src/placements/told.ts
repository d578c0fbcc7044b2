/** What a Tenant's status says of pods outside, and when: it comes to rest however many come and go. Pure. */
import type { Condition, TenantStatus } from "@companyos/crds";
import { fewOf, type Plan } from "@companyos/policies";
import type { FoundOutside } from "./outside.ts";

export const placementsInside = "PlacementsInside";

/** The part of a Tenant's status that is told here. */
export type ToldOutside = Pick<TenantStatus, "conditions" | "outside">;

/** When this process wrote it last, and how long what is new in number or place alone waits after that. */
export interface Written {
  readonly at: number;
  readonly pause: number;
}

/** In milliseconds, by a clock that cannot be set; `now` alone since the epoch. */
export interface Times {
  readonly now: number;
  readonly elapsed: number;
  /** Since when nothing runs outside. */
  readonly insideSince?: number | undefined;
  readonly written?: Written | undefined;
}

/** Numbers and places wait so long at first, and twice as long each time, up to `mostPauseMs`. */
export const pauseMs = 15_000;
export const mostPauseMs = 5 * 60_000;
/** Nothing is outside once nothing was for this long: a CronJob that runs every minute is no news each time. */
export const holdMs = 5 * 60_000;

/**
 * What to write now, or after how many milliseconds to look again; undefined when nothing is new. That something runs outside,
 * and why it may, is told at once.
 */
export function nextTold(
  told: ToldOutside,
  found: FoundOutside,
  plan: Pick<Plan, "regions" | "mode">,
  { now, elapsed, insideSince = elapsed, written }: Times,
): { readonly write: ToldOutside; readonly written: Written } | { readonly wait: number } | undefined {
  const before = told.conditions?.find(({ type }) => type === placementsInside);
  const pods = shownCount(found.pods, told.outside?.pods);
  const outside = { pods, ...(pods > 0 ? { regions: [...found.regions].slice(0, mostRegions) } : {}) };
  const end = insideSince + holdMs;
  const isHeld = pods === 0 && before?.status === "False" && elapsed < end;
  const said = isHeld ? { ...justEnded, reason: before.reason } : saidOf(pods, found.regions, plan);
  const isReason = before?.reason === said.reason;
  if (isReason && before.message === said.message && isTold(told, outside))
    return isHeld ? { wait: end - elapsed } : undefined;
  const wait = isReason && written ? written.at + written.pause - elapsed : 0;
  if (wait > 0) return { wait };
  const lastTransitionTime =
    before?.status === said.status
      ? before.lastTransitionTime
      : new Date(now).toISOString().replace(/\.\d{3}Z$/, "Z");
  const isBusy = isReason && written !== undefined && elapsed < written.at + written.pause + mostPauseMs;
  const pause = isBusy ? Math.min(mostPauseMs, written.pause * 2) : pauseMs;
  return {
    write: { conditions: [{ type: placementsInside, ...said, lastTransitionTime }], outside },
    written: { at: elapsed, pause },
  };
}

const justEnded = {
  status: "False",
  message: "no pod runs outside of the tenant's regions now; one did in the last five minutes",
} as const;

const mostRegions = 32;

function isTold(told: ToldOutside, { pods, regions }: NonNullable<ToldOutside["outside"]>): boolean {
  return told.outside?.pods === pods && String(told.outside.regions ?? []) === String(regions ?? []);
}

/**
 * Up to nine exactly; beyond, rounded down to one digit, and kept while the number is within a quarter of what was shown. Pods
 * that come and go in a workload that stays are no news.
 */
export function shownCount(pods: number, before: number | undefined): number {
  if (pods < 10) return pods;
  if (before !== undefined && before >= 10 && Math.abs(pods - before) <= before / 4) return before;
  const unit = 10 ** Math.floor(Math.log10(pods));
  return Math.floor(pods / unit) * unit;
}

function saidOf(
  pods: number,
  regions: readonly string[],
  { regions: allowed, mode }: Pick<Plan, "regions" | "mode">,
): Pick<Condition, "status" | "reason" | "message"> {
  if (pods === 0)
    return { status: "True", reason: "AllInside", message: "no pod runs outside of the tenant's regions" };
  const many = pods === 1 ? "1 pod runs" : `${pods < 10 ? "" : "about "}${pods} pods run`;
  const what = `${many} outside of ${listed(allowed) || "any allowed region"} (in ${listed(regions)})`;
  return mode === "Enforce"
    ? {
        status: "False",
        reason: "LeftRunning",
        message: `${what}: from before the rule, or past admission. They are left running, and new ones are refused; status.rollout says what waits for its author (docs/operations.md#a-pod-runs-outside)`,
      }
    : {
        ...allowedBy[mode],
        message: `${what}: mode ${mode} lets them, and records them. docs/audit-to-enforce.md says what Enforce would do`,
      };
}

const allowedBy = {
  Warn: { status: "False", reason: "AllowedByWarn" },
  Audit: { status: "False", reason: "AllowedByAudit" },
} as const;

const shownRegions = 8;

function listed(names: readonly string[]): string {
  return fewOf(names, shownRegions);
}
