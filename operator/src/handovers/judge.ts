import { owing, paid } from "../owed.ts";

/** Who a tenant's name stood for, and which region's log had its receipts. */
export interface Place {
  readonly uid: string;
  readonly region: string;
}

/** One half of a handover, waiting for its journal. Sent under `rid` however often it takes. */
export interface OwedHandover {
  /** Region whose log gets it: that of `from`, or that of `to`. */
  readonly log: string;
  readonly rid: string;
  /** The same in both halves: they are one handover. */
  readonly link: string;
  /** Milliseconds since the epoch, the same in both halves: when the change was seen. */
  readonly at: number;
  readonly from: Place;
  readonly to: Place;
}

/** What is remembered over restarts for a tenant's name. Identifiers only; kept when the Tenant is gone. */
export interface RememberedHome extends Place {
  /** Oldest first. */
  readonly owed?: readonly OwedHandover[];
}

/**
 * What to remember from now on; undefined when nothing changed. A name that is met the first time hands nothing over,
 * and one that came back in the same log neither: that log's notary sees it for itself. Of moves that nobody watched
 * only the ends are known, and only they are said. Pure but for `draw`, which gives a fresh UUIDv7.
 */
export function judgeHome(
  known: RememberedHome | undefined,
  seen: Place,
  at: number,
  draw: () => string,
): RememberedHome | undefined {
  if (known?.uid === seen.uid && known.region === seen.region) return undefined;
  const to = { uid: seen.uid, region: seen.region };
  if (known === undefined) return to;
  const from = { uid: known.uid, region: known.region };
  if (from.region === to.region) return remembering(to, known.owed);
  const link = draw();
  const halves = [from.region, to.region].map((log) => ({ log, rid: draw(), link, at, from, to }));
  return remembering(to, owing(known.owed, halves));
}

/** That half is durable in its journal. Pure. */
export function crossedOff({ uid, region, owed }: RememberedHome, rid: string): RememberedHome {
  return remembering({ uid, region }, paid(owed, rid));
}

function remembering(place: Place, owed: readonly OwedHandover[] = []): RememberedHome {
  return owed.length > 0 ? { ...place, owed } : place;
}
