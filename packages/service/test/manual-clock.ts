import type { Clock } from "../src/index.ts";

/** A clock that stands still until told to move; timers fire in order of their time. */
export function manualClock(start = 1_000_000): Clock & {
  advance(ms: number): void;
  /** Sets the clock forward or back: no time goes by. */
  set(byMs: number): void;
  /** In how many ms each timer is due, soonest first. */
  waiting(): number[];
} {
  let now = start;
  let ahead = 0;
  const timers = new Set<{ due: number; fn: () => void }>();
  return {
    now: () => now + ahead,
    elapsed: () => now,
    after(ms, fn) {
      const timer = { due: now + Math.max(0, ms), fn };
      timers.add(timer);
      return () => void timers.delete(timer);
    },
    set(byMs) {
      ahead += byMs;
    },
    waiting: () => [...timers].map(({ due }) => due - now).sort((a, b) => a - b),
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const [next] = [...timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due);
        if (!next) break;
        timers.delete(next);
        now = next.due;
        next.fn();
      }
      now = end;
    },
  };
}

/** Lets promises that are ready go on. */
export async function turn(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}
