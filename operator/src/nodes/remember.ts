import { owing, paid } from "../owed.ts";
import type { Remembered } from "../remembered.ts";

/** A receipt for one log. Sent under `rid` however often it takes. */
export interface OwedMismatch {
  readonly log: string;
  readonly rid: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly region: string;
  readonly says: string;
  /** Whether `says` names a Region. */
  readonly known: boolean;
}

/** What is remembered of a node over restarts, by its name. */
export interface RememberedNode {
  readonly uid: string;
  readonly region: string;
  /** Id of the receipt for this region; kept while it waits to be journaled. */
  readonly unrecorded?: { readonly rid: string; readonly before: string | null };
  /** What its labels say instead, once that was seen. */
  readonly says?: string;
  /** Receipts about that, one a log, which wait to be journaled. */
  readonly mismatches?: readonly OwedMismatch[];
  /** When the node was seen to be gone, in milliseconds since the epoch. */
  readonly gone?: number;
}

/** Its labels say `says` from now on (undefined: the same as what is vouched for), and that is owed to some logs. Pure. */
export function saying(
  { says: _, mismatches, ...rest }: RememberedNode,
  says: string | undefined,
  owed: readonly OwedMismatch[],
): RememberedNode {
  const all = owing(mismatches, owed);
  return { ...rest, ...(says === undefined ? {} : { says }), ...(all.length > 0 ? { mismatches: all } : {}) };
}

/** That receipt is durable in its journal. Pure. */
export function crossedOff({ mismatches, ...rest }: RememberedNode, rid: string): RememberedNode {
  const left = paid(mismatches, rid);
  return left.length > 0 ? { ...rest, mismatches: left } : rest;
}

const keepGoneMs = 30 * 24 * 3600_000;
const most = 20_000;

/** Forgets nodes that went a month ago; above 20,000, those that went first. Clouds make up names without end. */
export async function forgetGone(nodes: Remembered<RememberedNode>, now: number): Promise<void> {
  const gone = [...nodes.entries()]
    .filter(([, node]) => node.gone !== undefined)
    .sort(([, a], [, b]) => a.gone! - b.gone!);
  let surplus = nodes.size - most;
  for (const [name, node] of gone) {
    if (surplus <= 0 && now - node.gone! < keepGoneMs) return;
    await nodes.set(name, undefined);
    surplus -= 1;
  }
}
