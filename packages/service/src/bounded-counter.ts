import type { Counter } from "prom-client";
import { type Clock, systemClock } from "./clock.ts";
import { FairShare } from "./fair-share.ts";

/** Value of a label under which is counted together what no longer gets series of its own. No object can be named so. */
export const other = "_other";
/** Series of one metric; each takes about a kilobyte while it is rendered, and one of whoever stores it. */
const mostSeries = 10_000;
/** Milliseconds. Longer than anybody waits between two scrapes, so that each of several scrapers sees the last counts. */
const leavingMs = 10 * 60_000;

export interface BoundedCounterOptions<L extends string> {
  readonly counter: Counter<L>;
  /** Label that says whose a series is. */
  readonly owner: L;
  /** The other labels, in the order in which they become `_other` when an owner has its share of series. */
  readonly folds: readonly L[];
  /** Whether there is no such owner any more: its series go. */
  readonly isGone: (owner: string) => boolean;
  /** Series at most, the one of all the rest apart; default 10,000. */
  readonly most?: number;
  readonly clock?: Pick<Clock, "elapsed"> | undefined;
}

/**
 * A counter whose series end somewhere, though those who cause them choose the labels. Sums stay right: a request for which
 * there is no room in full is counted in a coarser series of its owner, and at last in one of all owners. Each step has an
 * equal part of the room and shares it fairly among owners, so that nobody's series leave others without. A series is
 * never moved into another: to whoever reads them that would be events anew.
 */
export class BoundedCounter<L extends string> {
  readonly #options: BoundedCounterOptions<L>;
  readonly #steps: Step<L>[];
  /** By owner, then by the values of the labels. */
  readonly #series = new Map<string, Map<string, { labels: Record<L, string>; step: Step<L> }>>();
  /** Owners that are gone, and since when a scrape found them so. */
  readonly #leaving = new Map<string, number>();

  constructor(options: BoundedCounterOptions<L>) {
    this.#options = options;
    const { counter, folds, most = mostSeries } = options;
    const room = Math.floor(most / (folds.length + 1));
    this.#steps = Array.from(
      { length: folds.length + 1 },
      (_, count) => new Step(folds.slice(0, count), room),
    );
    Object.assign(counter, { collect: () => this.#forgetGone() });
  }

  inc(labels: Record<L, string>): void {
    this.#options.counter.inc(this.#seriesFor(labels));
  }

  #seriesFor(labels: Record<L, string>): Record<L, string> {
    const owner = labels[this.#options.owner];
    const known = this.#series.get(owner) ?? new Map();
    for (const step of this.#steps) {
      const folded = step.of(labels);
      const key = JSON.stringify(Object.values(folded));
      if (known.has(key)) return folded;
      if (!step.take(owner)) continue;
      this.#series.set(owner, known.set(key, { labels: folded, step }));
      return folded;
    }
    const last = this.#steps.at(-1)!.of(labels);
    return { ...last, [this.#options.owner]: other };
  }

  /** At each scrape. What was counted last is told for a while before it goes. */
  #forgetGone(): void {
    const { isGone, clock = systemClock } = this.#options;
    const now = clock.elapsed();
    for (const owner of this.#series.keys()) {
      const since = this.#leaving.get(owner) ?? now;
      if (!isGone(owner)) this.#leaving.delete(owner);
      else if (now - since < leavingMs) this.#leaving.set(owner, since);
      else this.#forget(owner);
    }
  }

  #forget(owner: string): void {
    for (const { labels, step } of this.#series.get(owner)?.values() ?? []) {
      this.#options.counter.remove(labels);
      step.giveBack(owner);
    }
    this.#series.delete(owner);
    this.#leaving.delete(owner);
  }
}

/** How much of the labels is told, and who has how many such series. */
class Step<L extends string> {
  readonly #folded: readonly L[];
  readonly #room: number;
  readonly #share = new FairShare<string>();
  /** Who was refused. Room only gets less until some is given back: they need not be compared with everybody again. */
  readonly #refused = new Set<string>();

  constructor(folded: readonly L[], room: number) {
    this.#folded = folded;
    this.#room = room;
  }

  of(labels: Record<L, string>): Record<L, string> {
    const folded = { ...labels };
    for (const label of this.#folded) folded[label] = other;
    return folded;
  }

  take(owner: string): boolean {
    if (this.#refused.has(owner)) return false;
    const fits = this.#share.fits(owner, 1, this.#room - this.#share.total);
    if (fits) this.#share.add(owner, 1);
    else this.#refused.add(owner);
    return fits;
  }

  giveBack(owner: string): void {
    this.#share.add(owner, -1);
    this.#refused.clear();
  }
}
