/** API servers reload their admission policies once a second; allow another second for the watch behind that: 2 s. */
export const takeUpMs = 2_000;

/**
 * Whether the in-process policies are in force: every object is installed, and API servers have had time to load it. Until
 * then no unlawful pod runs. But the API server refuses lawful pods too, because nothing has pinned them; so no tenant
 * should be Ready.
 */
export class Enforcement {
  readonly #installed = new Map<string, number>();
  #expected: readonly string[] | undefined;

  /** The objects that must be there. */
  expect(keys: readonly string[]): void {
    this.#expected = keys;
  }

  /** `key` is there; `at` is when it was written anew, as `clock.elapsed` tells, undefined when it was found there. */
  installed(key: string, at: number | undefined): void {
    if (at !== undefined || !this.#installed.has(key))
      this.#installed.set(key, at ?? Number.NEGATIVE_INFINITY);
  }

  /** Milliseconds until it is worth asking again; 0 when all of it is in force. */
  remaining(now: number): number {
    if (!this.#expected?.every((key) => this.#installed.has(key))) return takeUpMs;
    return Math.max(0, Math.max(...this.#installed.values()) + takeUpMs - now);
  }
}
