import { owing, paid } from "../owed.ts";
import type { RecordedPlan } from "./event.ts";

/** A change that waits for the journal of one log. Sent under `rid` however often it takes. */
export interface OwedChange {
  readonly region: string;
  readonly rid: string;
  /** Milliseconds since the epoch: when the change was seen. */
  readonly at: number;
  readonly before: RecordedPlan | null;
  readonly after: RecordedPlan | null;
}

/** What is remembered of a tenant's plan over restarts, by uid. Earlier releases wrote the `RecordedPlan` alone. */
export interface RememberedPlan extends RecordedPlan {
  /** The tenant is gone, and this was its plan; kept while something is owed. */
  readonly gone?: true;
  /** Oldest first. */
  readonly owed?: readonly OwedChange[];
}

/** The plan that was in force when it was recorded last. Pure. */
export function lastPlan(known: RememberedPlan | undefined): RecordedPlan | undefined {
  if (!known || known.gone) return undefined;
  const { gone: _gone, owed: _owed, ...plan } = known;
  return plan;
}

/**
 * What to remember, if anything, when `before` became `after` (at least one of them is there): the change is owed to every log of
 * `regions`. Pure but for `draw`, which gives a fresh UUIDv7.
 */
export function changed(
  known: RememberedPlan | undefined,
  { before, after }: { before: RecordedPlan | undefined; after: RecordedPlan | undefined },
  { regions, at, draw }: { regions: readonly string[]; at: number; draw: () => string },
): RememberedPlan | undefined {
  const owed = regions.map((region) => ({
    region,
    rid: draw(),
    at,
    before: before ?? null,
    after: after ?? null,
  }));
  const left = owing(known?.owed, owed);
  if (left.length === 0) return after;
  return { ...(after ?? before!), ...(after ? {} : { gone: true as const }), owed: left };
}

/** That change is durable in its journal; undefined when nothing is left to remember. Pure. */
export function crossedOff({ owed, ...rest }: RememberedPlan, rid: string): RememberedPlan | undefined {
  const left = paid(owed, rid);
  if (left.length > 0) return { ...rest, owed: left };
  return rest.gone ? undefined : rest;
}
