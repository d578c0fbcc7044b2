import type { Change, Owed, Owing } from "../owed/owed.ts";
import type { RecordedPlan } from "./event.ts";

/** A change that a log waits for. */
export interface OwedChange extends Owed {
  readonly before: RecordedPlan | null;
  readonly after: RecordedPlan | null;
}

/** What is remembered of a tenant's plan over restarts, by uid. The first release wrote the `RecordedPlan` alone. */
export interface RememberedPlan extends RecordedPlan, Owing<OwedChange> {
  /** The tenant is gone, and this was its plan; kept while something is owed. */
  readonly gone?: true;
}

/** What some release wrote. Up to 1c0f72f the log was called the region. Pure. */
export function readPlan(value: unknown): RememberedPlan {
  const { owed, ...plan } = value as Omit<RememberedPlan, "owed"> & {
    owed?: (Omit<OwedChange, "log"> & { log?: string; region?: string })[];
  };
  if (owed === undefined) return plan;
  return { ...plan, owed: owed.map(({ region, log = region!, ...change }) => ({ log, ...change })) };
}

/** The plan that was in force when it was recorded last. Pure. */
export function lastPlan(known: RememberedPlan | undefined): RecordedPlan | undefined {
  if (!known || known.gone) return undefined;
  const { gone: _gone, owed: _owed, ...plan } = known;
  return plan;
}

/** Homes before and after that may hold receipts. */
export function homesOf(
  plans: readonly (RecordedPlan | undefined)[],
  isHome: (region: string) => boolean,
): string[] {
  return [...new Set(plans.flatMap((plan) => (plan ? [plan.homeRegion] : [])))].filter(isHome);
}

/**
 * What to remember when `after` is the plan (undefined: it has none any more). That is owed to the log of the home before
 * and of the home from now on: the log before shows where the tenant went. Undefined: there was no plan before, either.
 * Pure except for `draw`, which returns a new UUIDv7.
 */
export function changed(
  known: RememberedPlan | undefined,
  after: RecordedPlan | undefined,
  { isHome, at, draw }: { isHome: (region: string) => boolean; at: number; draw: () => string },
): Change<RememberedPlan, OwedChange> | undefined {
  const before = lastPlan(known);
  if (!before && !after) return undefined;
  const change = { at, before: before ?? null, after: after ?? null };
  return {
    state: after ?? { ...before!, gone: true },
    owes: homesOf([before, after], isHome).map((log) => ({ log, rid: draw(), ...change })),
  };
}

/** What stays of it; undefined once its tenant is gone and nothing is owed. Pure. */
export function settledPlan(known: RememberedPlan): RememberedPlan | undefined {
  return known.gone && known.owed === undefined ? undefined : known;
}
