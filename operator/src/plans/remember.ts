import { type Owed, type Owing, owing } from "../owed/owed.ts";
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

/**
 * What to remember when `before` became `after` (at least one of them exists). The change is owed to the log of each of
 * `regions`. Undefined: nothing. Pure except for `draw`, which returns a new UUIDv7.
 */
export function changed(
  known: RememberedPlan | undefined,
  { before, after }: { before: RecordedPlan | undefined; after: RecordedPlan | undefined },
  { regions, at, draw }: { regions: readonly string[]; at: number; draw: () => string },
): RememberedPlan | undefined {
  const change = { at, before: before ?? null, after: after ?? null };
  const more = regions.map((log) => ({ log, rid: draw(), ...change }));
  const next: RememberedPlan = { ...(after ?? before!), ...(after ? {} : { gone: true as const }) };
  return settledPlan(owing(known?.owed ? { ...next, owed: known.owed } : next, more));
}

/** What stays of it; undefined once its tenant is gone and nothing is owed. Pure. */
export function settledPlan(known: RememberedPlan): RememberedPlan | undefined {
  return known.gone && known.owed === undefined ? undefined : known;
}
