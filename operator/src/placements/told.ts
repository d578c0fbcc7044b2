/** What a Tenant's status says of pods outside, and when: it comes to rest however many come and go. Pure. */
import type { Condition, NamedOutside, TenantStatus } from "@companyos/crds";
import { fewOf, type Plan, pageLink } from "@companyos/policies";
import { sameStatus, wholeSeconds } from "../conditions.ts";
import { freshNames, namesOf, titleOf, unreplaced } from "./named.ts";
import type { FoundOutside } from "./outside.ts";
import { shownCount } from "./shown-count.ts";

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
 * and why it may, is told at once. `docs`: URL of the folder with our pages.
 */
export function nextTold(
  told: ToldOutside,
  found: FoundOutside,
  plan: Pick<Plan, "regions" | "mode">,
  { now, elapsed, insideSince = elapsed, written }: Times,
  docs?: string,
): { readonly write: ToldOutside; readonly written: Written } | { readonly wait: number } | undefined {
  const before = told.conditions?.find(({ type }) => type === placementsInside);
  const pods = shownCount(found.pods, told.outside?.pods);
  const outside = pods > 0 ? outsideOf(pods, found, told.outside) : { pods };
  const end = insideSince + holdMs;
  const isHeld = pods === 0 && before?.status === "False" && elapsed < end;
  const said = isHeld ? { ...justEnded, reason: before.reason } : saidOf(outside, found.regions, plan, docs);
  const isReason = before?.reason === said.reason;
  if (isReason && before.message === said.message && sameStatus(told.outside ?? {}, outside))
    return isHeld ? { wait: end - elapsed } : undefined;
  const wait = isReason && written ? written.at + written.pause - elapsed : 0;
  if (wait > 0) return { wait };
  const lastTransitionTime = before?.status === said.status ? before.lastTransitionTime : wholeSeconds(now);
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

type ToldPods = NonNullable<ToldOutside["outside"]>;

function outsideOf(pods: number, found: FoundOutside, before: ToldPods | undefined): ToldPods {
  const names = namesOf(found.pods, found.running ?? [], before);
  return { pods, regions: [...found.regions].slice(0, mostRegions), ...names };
}

function saidOf(
  outside: ToldPods,
  regions: readonly string[],
  { regions: allowed, mode }: Pick<Plan, "regions" | "mode">,
  docs: string | undefined,
): Pick<Condition, "status" | "reason" | "message"> {
  const { pods, named = [] } = outside;
  if (pods === 0)
    return { status: "True", reason: "AllInside", message: "no pod runs outside of the tenant's regions" };
  const many = pods === 1 ? "1 pod runs" : `${pods < 10 ? "" : "about "}${pods} pods run`;
  const what = `${many} outside of ${listed(allowed) || "any allowed region"} (in ${listed(regions)})`;
  const isAll = !outside.unnamed;
  if (mode !== "Enforce")
    return {
      ...allowedBy[mode],
      message: `${what}: mode ${mode} lets them, and records them. ${pageLink("docs/audit-to-enforce.md", docs)} says what Enforce would do${named.length > 0 ? `. Outside: ${namedIn(named, isAll)}` : ""}`,
    };
  const by = unreplaced(outside);
  const todo = `. No rollout replaces ${namedIn(by, isAll || by.length < named.length)}: delete those pods, and whoever made them makes others inside`;
  return {
    status: "False",
    reason: "LeftRunning",
    message: `${what}: from before the rule, or past admission. They are left running, and new ones are refused; status.rollout says what waits for its author (${pageLink("docs/operations.md#a-pod-runs-outside", docs)})${by.length > 0 ? todo : ""}`,
  };
}

const shownNames = 5;

function namedIn(named: readonly NamedOutside[], isAll: boolean): string {
  const titles = fewOf(named.map(titleOf), shownNames);
  return isAll || named.length > shownNames ? titles : `${titles} and others`;
}

const allowedBy = {
  Warn: { status: "False", reason: "AllowedByWarn" },
  Audit: { status: "False", reason: "AllowedByAudit" },
} as const;

/** For an Event, in mode Enforce: what somebody must see to, and was not named before. */
export function freshNote(reason: string, now: ToldOutside, before: ToldOutside): string | undefined {
  const fresh = reason === "LeftRunning" ? freshNames(now.outside ?? {}, before.outside) : [];
  if (fresh.length === 0) return undefined;
  const where = listed(now.outside?.regions ?? []);
  return `outside as well (in ${where}): ${namedIn(fresh, true)}. No rollout replaces that; status.outside.named has the others`;
}

const shownRegions = 8;

function listed(names: readonly string[]): string {
  return fewOf(names, shownRegions);
}
