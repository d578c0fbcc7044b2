import { setTimeout as pause } from "node:timers/promises";
import { inspect } from "node:util";

export interface UntilOptions {
  /** Default 20 s. */
  readonly timeoutMs?: number;
  /** Ends the wait when there is nothing left to wait for. */
  readonly signal?: AbortSignal;
}

/**
 * The one loop in which tests wait: asks until `holds` (default: until what is seen is truthy) and gives what was seen.
 * An error of `ask` counts as not yet. Rejects with what was waited for and what was seen last, once a question that was
 * asked after the time was over has not helped: one that took long says nothing about now. Asks often at first, later
 * after a tenth of the time that has passed.
 */
export async function until<T>(
  what: string,
  ask: () => T | Promise<T>,
  holds: (seen: T) => unknown = Boolean,
  { timeoutMs = 20_000, signal }: UntilOptions = {},
): Promise<T> {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  for (;;) {
    const late = elapsed() > timeoutMs;
    let last: unknown;
    let failed = false;
    try {
      const seen = await ask();
      if (holds(seen)) return seen;
      last = seen;
    } catch (error) {
      last = error;
      failed = true;
    }
    if (late) throw new Error(message(what, timeoutMs, last), failed ? { cause: last } : {});
    await pause(Math.min(200, Math.max(5, elapsed() / 10)), undefined, signal ? { signal } : {});
  }
}

function message(what: string, timeoutMs: number, last: unknown): string {
  const seen = last instanceof Error ? `${last}` : inspect(last, { depth: 8, breakLength: 120 });
  return `waited ${timeoutMs / 1000} s for ${what}; last seen: ${seen.slice(0, 2000)}`;
}
