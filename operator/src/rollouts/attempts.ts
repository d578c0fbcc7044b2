import { waitAfter } from "@companyos/service/backoff";
import type { Unready } from "./bring.ts";
import { type Held, isTurn, type Pause, type Standing, turn } from "./due.ts";
import type { Workload } from "./workload.ts";

/** What is refused or stuck is tried again, or no longer waited for, after this long. */
export const patienceMs = 10 * 60_000;
/** A change of templates that something else undoes is not made for ever. */
const mostTries = 5;
const firstWaitMs = 1_000;
/** What may pass by itself comes sooner, and is told from the fourth time on: 3.5 s later. */
const firstPassingMs = 500;
const toldFrom = 4;

const undone: Held = {
  reason: "Undone",
  message: "something else takes the pin off again whenever it is set",
  given: true,
};

/**
 * What was tried with each workload, by its uid. `of` is the change that it was tried for. Nothing here outlives the process:
 * what is forgotten is tried once more.
 */
export class Attempts {
  readonly #elapsed: () => number;
  readonly #failed = new Map<string, Failure>();
  /** How often its template was changed. */
  readonly #done = new Map<string, { readonly of: string; readonly count: number }>();
  /** Since when its pods are being replaced. */
  readonly #started = new Map<string, number>();
  readonly #writing = new Set<string>();
  /** The version that was changed: the watch tells of the next one later. */
  readonly #spent = new Map<string, string | undefined>();

  constructor(elapsed: () => number) {
    this.#elapsed = elapsed;
  }

  begin(workload: Workload): void {
    this.#writing.add(uidOf(workload));
  }

  /** Of what has begun; whatever came of it. */
  end(workload: Workload): void {
    this.#writing.delete(uidOf(workload));
  }

  done(workload: Workload, of: string): void {
    const uid = uidOf(workload);
    const before = this.#done.get(uid);
    this.#done.set(uid, { of, count: before?.of === of ? before.count + 1 : 1 });
    this.#started.set(uid, this.#elapsed());
    this.#spent.set(uid, workload.object.metadata.resourceVersion);
    this.#failed.delete(uid);
  }

  /**
   * Its pauses grow with every failure for the same change, whatever else of it changes meanwhile.
   * @returns what is new to tell of it
   */
  failed(workload: Workload, of: string, outcome: Unready): Held | undefined {
    const uid = uidOf(workload);
    const { passing, ...held } = outcome;
    const before = this.#failed.get(uid);
    const count = before?.of === of ? before.count + 1 : 1;
    const first = passing ? firstPassingMs : firstWaitMs;
    const until = this.#elapsed() + waitAfter(count, { first, max: patienceMs });
    const told = passing && count < toldFrom ? turn : held;
    this.#failed.set(uid, { of, count, until, told, version: versionOf(workload, passing), passing });
    const isNew = before?.told.reason !== told.reason || before.told.message !== told.message;
    return isTurn(told) || !isNew ? undefined : told;
  }

  hasFailed(workload: Workload, of: string): boolean {
    return this.#failed.get(uidOf(workload))?.of === of;
  }

  /** What keeps a workload whose template leads elsewhere; undefined when nothing is known. */
  pauseOf(workload: Workload, of: string): Pause | undefined {
    const uid = uidOf(workload);
    const failure = this.#failed.get(uid);
    const known = failure?.of === of ? failure : undefined;
    if (this.#isBusy(workload)) return { held: known?.told ?? turn, isOver: false };
    const done = this.#done.get(uid);
    if (done?.of === of && done.count >= mostTries) return { held: undone, isOver: false };
    if (!known) return undefined;
    const { told, until, version, passing } = known;
    const isOver = until <= this.#elapsed() || version !== versionOf(workload, passing);
    // What is not told of is no failure yet, and waits behind nobody.
    if (isOver) return isTurn(told) ? undefined : { held: told, isOver };
    return { held: told, isOver, until };
  }

  /** How many of them are being written now that are told to have failed. */
  retrying(standings: readonly Standing[]): number {
    return standings.filter(({ workload }) => {
      const failure = this.#failed.get(uidOf(workload));
      return this.#writing.has(uidOf(workload)) && failure !== undefined && !isTurn(failure.told);
    }).length;
  }

  /** Workloads whose pods are being replaced now, or are about to be. One that does not come to an end is not waited for. */
  inFlight(standings: readonly Standing[]): number {
    const now = this.#elapsed();
    let count = 0;
    for (const { workload, is, held } of standings) {
      const uid = uidOf(workload);
      const busy = this.#isBusy(workload);
      if (!busy && (is === "available" || held)) this.#started.delete(uid);
      if (is === "rolling" && !held && !this.#started.has(uid)) this.#started.set(uid, now);
      const since = this.#started.get(uid) ?? Number.NEGATIVE_INFINITY;
      if (this.#writing.has(uid) || now - since < patienceMs) count++;
    }
    return count;
  }

  /**
   * Milliseconds until the first pause of them ends, 0 for one that ended since they were looked at; undefined when none was
   * left to end.
   */
  soonest(standings: readonly Standing[]): number | undefined {
    const ends = standings.flatMap(({ until }) => (until === undefined ? [] : [until - this.#elapsed()]));
    return ends.length > 0 ? Math.max(0, Math.min(...ends)) : undefined;
  }

  forget(uid: string): void {
    for (const map of [this.#failed, this.#done, this.#started, this.#spent]) map.delete(uid);
  }

  #isBusy(workload: Workload): boolean {
    const uid = uidOf(workload);
    const isSpent = this.#spent.has(uid) && this.#spent.get(uid) === workload.object.metadata.resourceVersion;
    return this.#writing.has(uid) || isSpent;
  }
}

interface Failure {
  readonly of: string;
  readonly count: number;
  readonly until: number;
  readonly told: Held;
  /** Of the object that was tried: another one need not wait. */
  readonly version: string;
  readonly passing: Unready["passing"];
}

const uidOf = ({ object }: Workload) => object.metadata.uid ?? "";

/** What a write was too late for is another one with any change of the object, the rest with one of its spec. */
function versionOf({ object: { metadata } }: Workload, passing: Unready["passing"]): string {
  return passing === "stale" ? `${metadata.resourceVersion}` : `${metadata.generation}`;
}
