import type { Change, Owed, Owing } from "../owed/owed.ts";

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
 * What to remember from now on; undefined when nothing changed. A name that is seen for the first time hands nothing
 * over. Neither does one that came back in the same log: that log's notary sees it. Of moves that happened while no
 * operator ran only the first and the last place are known. Pure except for `draw`, which returns a new UUIDv7.
 */
export function nextHome(
  known: RememberedHome | undefined,
  seen: Place,
  at: number,
  draw: () => string,
): Change<RememberedHome, OwedHandover> | undefined {
  if (known?.uid === seen.uid && known.region === seen.region) return undefined;
  const to = { uid: seen.uid, region: seen.region };
  if (known === undefined) return { state: to };
  const from = { uid: known.uid, region: known.region };
  if (from.region === to.region) return { state: to };
  const link = draw();
  const halves = [from.region, to.region].map((log) => ({ log, rid: draw(), link, at, from, to }));
  return { state: to, owes: halves };
}
