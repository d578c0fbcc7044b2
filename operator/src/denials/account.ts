import type { Reading } from "./reading.ts";

/** What was accounted for of one process of the API server. */
export interface Accounted {
  /** As `Reading.started`, when it was last read. */
  readonly started: number;
  readonly counted: Readonly<Record<string, number>>;
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
 * What a reading adds to what was accounted for, and what to remember instead. A process nobody knows begins at 0:
 * our policies and webhooks are counted from the first time on. `continues`: whether a process has been up ever since,
 * whatever its clock says. Undefined: nothing to remember. Pure.
 */
export function account(
  known: Iterable<readonly [string, Accounted]>,
  { started, counted }: Reading,
  now: number,
  continues: (process: string) => boolean = () => false,
):
  | { readonly process: string; readonly entry: Accounted; readonly increases: readonly Increase[] }
  | undefined {
  const all = new Map(known);
  const process = processOf(all, started, continues);
  const before = all.get(process);
  const entry: Accounted = { started, counted: Object.fromEntries(counted), seen: now - (now % dayMs) };
  // A counter that fell is another process's that does not say when it began.
  const fell = Object.entries(before?.counted ?? {}).some(([name, n]) => (counted.get(name) ?? 0) < n);
  const increases = [...counted]
    .map(([name, to]) => ({ process, name, from: fell ? 0 : (before?.counted[name] ?? 0), to }))
    .filter(({ from, to }) => to > from);
  const asBefore = before?.seen === entry.seen && sameProcess(before.started, started);
  const nothingNew = increases.length === 0 && !fell && (!before || asBefore);
  return nothingNew ? undefined : { process, entry, increases };
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
 * The start of a process is computed from the machine's boot time, which is in whole seconds and moves when the
 * clock is stepped: the hundredths stay. By more than a moment when it is set; then the time it has been up tells.
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
