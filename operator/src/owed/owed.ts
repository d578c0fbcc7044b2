/** What is owed to logs, as it is remembered beside the state that caused it. Pure. */

/** A receipt that one log waits for. Sent under `rid` however often it takes. */
export interface Owed {
  /** Region whose log gets it. */
  readonly log: string;
  /** UUIDv7, drawn when it came to be owed. */
  readonly rid: string;
  /** Milliseconds since the epoch: when it came to be owed. */
  readonly at: number;
}

/** Something remembered that may owe receipts, oldest first. */
export interface Owing<O extends Owed> {
  readonly owed?: readonly O[];
}

/** What comes of an entry. */
export interface Change<T extends Owing<O>, O extends Owed> {
  /** What is remembered from now on. Its `owed` does not count: the ledger keeps that. */
  readonly state: T;
  /** What is owed for it, besides what the entry owes already. */
  readonly owes?: readonly O[];
  /** What a receipt that the entry owes already is from now on; default: the same. */
  readonly readdress?: (one: O) => O;
}

/** Receipts that one key (a tenant, a node, a name) may owe; above that, the oldest are given up. */
export const maxOwed = 100;
/** The same for keys that owe to every log: an object of ours, a process of the API server. */
export const maxOwedForMany = 10_000;
/** The same for all of one controller together. */
export const maxOwedInAll = 50_000;
/** How long a receipt waits for its log before it is given up: 90 days. */
export const maxOwedAgeMs = 90 * 24 * 3600_000;

/** The entry after a change: what it owed, it still owes. An undefined change changes nothing. */
export function applied<T extends Owing<O>, O extends Owed>(
  entry: T | undefined,
  change: Change<T, O> | undefined,
): T | undefined {
  if (change === undefined) return entry;
  const { state, owes = [], readdress = (one: O) => one } = change;
  return withOwed(state, [...(entry?.owed ?? []).map(readdress), ...owes]);
}

/** The same entry, and it owes `more`. */
export function owing<T extends Owing<O>, O extends Owed>(entry: T, more: readonly O[]): T {
  return withOwed(entry, [...(entry.owed ?? []), ...more]);
}

/** The same entry, and that receipt is durable in its journal. One that does not owe it is given back. */
export function crossedOff<T extends Owing<Owed>>(entry: T, rid: string): T {
  const owed = entry.owed?.filter((one) => one.rid !== rid) ?? [];
  return owed.length === (entry.owed?.length ?? 0) ? entry : withOwed(entry, owed);
}

/** What of the entry is kept, and the receipts that are given up for it: the oldest beyond `max`, and what waited too long. */
export function bounded<T extends Owing<O>, O extends Owed>(
  entry: T,
  now: number,
  max = maxOwed,
): { readonly kept: T; readonly lost: readonly O[] } {
  const owed = entry.owed ?? [];
  const young = owed.filter(({ at }) => now - at <= maxOwedAgeMs);
  const kept = young.slice(Math.max(0, young.length - max));
  if (kept.length === owed.length) return { kept: entry, lost: [] };
  return { kept: withOwed(entry, kept), lost: owed.filter((one) => !kept.includes(one)) };
}

/** The entry, unless it cannot be one: then it throws. For what was read from a file that may be damaged. Pure. */
export function checked<T extends Owing<Owed>>(entry: T): T {
  const owed: unknown = entry.owed ?? [];
  const isOwed = (one: Partial<Owed> | null) =>
    typeof one?.log === "string" && typeof one.rid === "string" && typeof one.at === "number";
  if (typeof entry !== "object" || !Array.isArray(owed) || !owed.every(isOwed))
    throw new TypeError("not what a ledger remembers");
  return entry;
}

function withOwed<T extends Owing<O>, O extends Owed>(entry: T, owed: readonly O[]): T {
  const { owed: _, ...rest } = entry;
  return (owed.length > 0 ? { ...rest, owed } : rest) as T;
}
