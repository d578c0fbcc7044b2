/** So many in a row, then so many a second. */
export interface TokenRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** `tokens` as they were `at` this time, in ms. Who takes one subtracts it, and may give it back. */
export interface TokenBucket {
  tokens: number;
  at: number;
}

/** Adds what has come since, up to the burst. `now` in milliseconds, never set back. */
export function refill(bucket: TokenBucket, { burst, perSecond }: TokenRate, now: number): void {
  bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) / 1000) * perSecond);
  bucket.at = now;
}
