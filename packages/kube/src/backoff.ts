/** Exponential waits with jitter. */
export interface Backoff {
  first: number;
  max: number;
  /** 0..1: up to this part is added at random, so that many clients do not come back at one moment. */
  jitter: number;
  random: () => number;
}

/** The wait after the `failures`-th failure in a row (1 for the first), in the unit of `first`. */
export function waitAfter(failures: number, backoff: Backoff): number {
  const doubled = backoff.first * 2 ** Math.min(failures - 1, 60);
  const wait = Math.min(doubled, backoff.max);
  return Math.min(wait * (1 + backoff.jitter * backoff.random()), backoff.max * (1 + backoff.jitter));
}
