import type { Reading } from "./reading.ts";

/** What was accounted for of one process of the API server. */
export interface Accounted {
  /** As `Reading.started`, when it was last read. */
  readonly started: number;
  readonly counted: Readonly<Record<string, number>>;
  /** What was read above that and waits to be told (pace.ts); absent: nothing. */
  readonly held?: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch, to the day: when it was last read. */
  readonly seen: number;
}

/** The counter of a policy or a webhook went from `from` to `to` in the process that `process` names. */
export interface Increase {
  readonly process: string;
  /** As in `Reading.counted`. */
  readonly name: string;
  readonly from: number;
  readonly to: number;
}

const dayMs = 24 * 3600_000;

/**
 * What a reading adds to what was accounted for, and the entry that replaces it. An unknown process starts at 0, because
 * our policies and webhooks are counted from the start. `continues`: whether a process has been up all the time, whatever
 * its clock says. `mayTell`: whether an increase is told now; else it is held. Undefined: nothing to remember. Pure.
 */
export function account(
  known: Iterable<readonly [string, Accounted]>,
  { started, counted }: Reading,
  now: number,
  continues: (process: string) => boolean = () => false,
  mayTell: (name: string) => boolean = () => true,
):
  | { readonly process: string; readonly entry: Accounted; readonly increases: readonly Increase[] }
  | undefined {
  const all = new Map(known);
  const process = processOf(all, started, continues);
  const before = all.get(process);
  // A counter that fell belongs to another process, one that does not say when it began.
  const last = { ...before?.counted, ...before?.held };
  const fell = Object.entries(last).some(([name, n]) => (counted.get(name) ?? 0) < n);
  const risen = [...counted]
    .map(([name, to]) => ({ process, name, from: fell ? 0 : (before?.counted[name] ?? 0), to }))
    .filter(({ from, to }) => to > from);
  const increases = [
    ...(fell && before ? told(process, before).increases : []),
    ...risen.filter(({ name }) => mayTell(name)),
  ];
  const held = risen.filter(({ name }) => !mayTell(name));
  const accounted = [...counted, ...held.map(({ name, from }) => [name, from] as const)];
  const entry: Accounted = {
    started,
    counted: Object.fromEntries(accounted),
    ...(held.length > 0 ? { held: Object.fromEntries(held.map(({ name, to }) => [name, to])) } : {}),
    seen: now - (now % dayMs),
  };
  const asBefore = before?.seen === entry.seen && sameProcess(before.started, started);
  const holdsTheSame = held.every(({ name, to }) => before?.held?.[name] === to);
  const nothingNew = increases.length === 0 && !fell && holdsTheSame && (!before || asBefore);
  return nothingNew ? undefined : { process, entry, increases };
}

/** What is held of a process is told; `mayTell`: which of it. Pure. */
export function told(
  process: string,
  { held = {}, ...entry }: Accounted,
  mayTell: (name: string) => boolean = () => true,
): { readonly entry: Accounted; readonly increases: readonly Increase[] } {
  const due = Object.entries(held).filter(([name]) => mayTell(name));
  const kept = Object.entries(held).filter(([name]) => !mayTell(name));
  return {
    entry: {
      ...entry,
      counted: { ...entry.counted, ...Object.fromEntries(due) },
      ...(kept.length > 0 ? { held: Object.fromEntries(kept) } : {}),
    },
    increases: due.map(([name, to]) => ({ process, name, from: entry.counted[name] ?? 0, to })),
  };
}

/** Which process this is: one that is known, or a new one. Pure. */
export function processOf(
  known: Iterable<readonly [string, Accounted]>,
  started: number,
  continues: (process: string) => boolean,
): string {
  const all = [...known];
  const same =
    all.find(([, entry]) => sameProcess(entry.started, started)) ??
    all.find(([process, entry]) => (entry.started - started) % 100 === 0 && continues(process));
  return same?.[0] ?? String(started);
}

/**
 * A process computes its start from the machine's boot time, in whole seconds. When the clock is stepped, the seconds
 * change and the hundredths stay. When the clock is set, they change by more than a moment; then the uptime decides.
 */
function sameProcess(a: number, b: number): boolean {
  return Math.abs(a - b) <= 200 && (a - b) % 100 === 0;
}

/** Keys of the processes to forget: those read longest ago beyond the `max` that are kept. Pure. */
export function forgettable(known: Iterable<readonly [string, Accounted]>, max: number): string[] {
  return [...known]
    .sort(([, a], [, b]) => b.seen - a.seen)
    .slice(max)
    .map(([process]) => process);
}
