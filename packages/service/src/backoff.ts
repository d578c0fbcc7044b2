/** Waits that double from `first` to at most `max`. */
export interface Backoff {
  readonly first: number;
  readonly max: number;
}

/**
 * The wait after the `failures`-th failure in a row (1 for the first), in the unit of `first`. Without jitter: each
 * caller multiplies by its own, so that many clients do not come back at one moment.
 */
export function waitAfter(failures: number, { first, max }: Backoff): number {
  return Math.min(first * 2 ** Math.min(failures - 1, 60), max);
}
