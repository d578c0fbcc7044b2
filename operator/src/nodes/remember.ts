import type { Remembered } from "../remembered.ts";

/** What is remembered of a node over restarts, by its name. */
export interface RememberedNode {
  readonly uid: string;
  readonly region: string;
  /** Id of the receipt for this region; kept while it waits to be journaled. */
  readonly unrecorded?: { readonly rid: string; readonly before: string | null };
  /** What its labels say instead, once that has been reported. */
  readonly says?: string;
  /** When the node was seen to be gone, in milliseconds since the epoch. */
  readonly gone?: number;
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
