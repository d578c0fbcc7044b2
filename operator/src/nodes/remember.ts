import type { Ledger } from "../owed/ledger.ts";
import { type Change, type Owed, type Owing, owing } from "../owed/owed.ts";

/** What a log waits to be told of a node, and of which node of that name. */
export type OwedOfNode = Owed & { readonly uid: string; readonly region: string } & (
    | { readonly is: "vouched"; readonly before: string | null }
    /** `known`: whether `says` names a Region. */
    | { readonly is: "mismatch"; readonly says: string; readonly known: boolean }
  );

/** What is remembered of a node over restarts, by its name. */
export interface RememberedNode extends Owing<OwedOfNode> {
  readonly uid: string;
  readonly region: string;
  /** What its labels say instead, once that was seen. */
  readonly says?: string;
  /** The label was taken back from this very node when its Region went. */
  readonly takenBack?: true;
  /** When the node was seen to be gone, in milliseconds since the epoch. */
  readonly gone?: number;
}

/** What some release wrote. Up to 1c0f72f each kind of receipt had a place of its own. Pure. */
export function readNode(value: unknown, now: number): RememberedNode {
  const { unrecorded, mismatches, ...node } = value as RememberedNode & {
    unrecorded?: { rid: string; before: string | null };
    mismatches?: { log: string; rid: string; at: number; region: string; says: string; known: boolean }[];
  };
  const { uid, region } = node;
  const vouched: OwedOfNode[] = unrecorded
    ? [{ log: region, at: now, uid, region, is: "vouched", ...unrecorded }]
    : [];
  const lies = (mismatches ?? []).map((one) => ({ ...one, uid, is: "mismatch" as const }));
  return vouched.length + lies.length > 0 ? owing(node, [...vouched, ...lies]) : node;
}

/**
 * What to remember of a node that is vouched for in `region`. That is owed to the region's log, once. Undefined: nothing
 * is new. Pure.
 */
export function standing(
  known: RememberedNode | undefined,
  { uid, region }: { readonly uid: string; readonly region: string },
  owed: { readonly rid: string; readonly at: number },
): Change<RememberedNode, OwedOfNode> | undefined {
  const same = known?.uid === uid && known.region === region;
  if (same && known.gone === undefined && !known.takenBack) return undefined;
  const state = { uid, region };
  if (same) return { state };
  const before = known?.region ?? null;
  return { state, owes: [{ log: region, ...owed, uid, region, is: "vouched", before }] };
}

/** Its labels say `says` from now on (undefined: the same as what is vouched for), and that is owed to some logs. Pure. */
export function saying(
  { says: _, ...rest }: RememberedNode,
  says: string | undefined,
  owes: readonly OwedOfNode[],
): Change<RememberedNode, OwedOfNode> {
  return { state: { ...rest, ...(says === undefined ? {} : { says }) }, owes };
}

const keepGoneMs = 30 * 24 * 3600_000;
export const maxNodes = 20_000;

/** Forgets nodes that went a month ago; above 20,000, those that went first. Clouds make up names without end. */
export async function forgetGone(
  nodes: Pick<Ledger<RememberedNode, OwedOfNode>, "entries" | "size" | "drop">,
  now: number,
): Promise<void> {
  const gone = [...nodes.entries()]
    .filter(([, node]) => node.gone !== undefined)
    .sort(([, a], [, b]) => a.gone! - b.gone!);
  let surplus = nodes.size - maxNodes;
  for (const [name, node] of gone) {
    if (surplus <= 0 && (now - node.gone! < keepGoneMs || node.owed !== undefined)) continue;
    await nodes.drop(name, ({ gone }) => gone !== undefined);
    surplus -= 1;
  }
}
