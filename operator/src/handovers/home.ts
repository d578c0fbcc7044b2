import { type Owed, type Owing, owing } from "../owed/owed.ts";

/** Who a tenant's name stood for, and which region's log had its receipts. */
export interface Place {
  readonly uid: string;
  readonly region: string;
}

/** One half of a handover; its log is that of `from`, or that of `to`, and its time the same in both. */
export interface OwedHandover extends Owed {
  /** The same in both halves: they are one handover. */
  readonly link: string;
  readonly from: Place;
  readonly to: Place;
}

/** What is remembered over restarts for a tenant's name. Identifiers only; kept when the Tenant is gone. */
export interface RememberedHome extends Place, Owing<OwedHandover> {}

/**
 * What to remember from now on; what is known when nothing changed. A name that is met the first time hands nothing over,
 * and one that came back in the same log neither: that log's notary sees it for itself. Of moves that nobody watched
 * only the ends are known, and only they are said. Pure but for `draw`, which gives a fresh UUIDv7.
 */
export function nextHome(
  known: RememberedHome | undefined,
  seen: Place,
  at: number,
  draw: () => string,
): RememberedHome {
  if (known?.uid === seen.uid && known.region === seen.region) return known;
  const to = { uid: seen.uid, region: seen.region };
  if (known === undefined) return to;
  const from = { uid: known.uid, region: known.region };
  const next: RememberedHome = { ...known, ...to };
  if (from.region === to.region) return next;
  const link = draw();
  const halves = [from.region, to.region].map((log) => ({ log, rid: draw(), link, at, from, to }));
  return owing(next, halves);
}
