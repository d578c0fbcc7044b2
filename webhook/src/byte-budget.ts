import type { Clock } from "@companyos/service";

/** What is taken from the budget; given back once. */
export type Release = () => void;

/** Everything was taken, and nothing came free in time. */
export class ByteBudgetError extends Error {
  readonly code = "WEBHOOK_BUSY";
  constructor() {
    super("more is asked of this replica at once than it takes");
    this.name = "ByteBudgetError";
  }
}

export interface ByteBudget {
  /**
   * Takes `amount` bytes of the total, at most all of it, and waits until they are free. Rejects with ByteBudgetError
   * after `waitMs`, or at once when too many wait. Of those who wait, the one that holds the fewest bytes is served
   * first; of equals, the one that has waited longest. So nobody is served sooner by asking more often.
   */
  take(amount: number, who: string): Promise<Release>;
  readonly taken: number;
  readonly waiting: number;
}

interface Waiter {
  readonly amount: number;
  readonly who: string;
  readonly grant: (release: Release) => void;
}

/** Bounds what all requests of a replica hold together, in bytes. */
export function createByteBudget(options: {
  readonly total: number;
  readonly waitMs: number;
  readonly maxWaiting: number;
  readonly clock: Pick<Clock, "after">;
}): ByteBudget {
  const { total, waitMs, maxWaiting, clock } = options;
  const held = new Map<string, number>();
  const waiters = new Set<Waiter>();
  let taken = 0;

  function hold(amount: number, who: string): Release {
    taken += amount;
    held.set(who, (held.get(who) ?? 0) + amount);
    let back = false;
    return () => {
      if (back) return;
      back = true;
      taken -= amount;
      const left = held.get(who)! - amount;
      if (left > 0) held.set(who, left);
      else held.delete(who);
      serve();
    };
  }

  /** A small request does not overtake a large one that is first in line: the large one would wait for ever. */
  function serve(): void {
    for (let next = first(); next && taken + next.amount <= total; next = first()) {
      waiters.delete(next);
      next.grant(hold(next.amount, next.who));
    }
  }

  function first(): Waiter | undefined {
    let best: Waiter | undefined;
    for (const waiter of waiters)
      if (!best || (held.get(waiter.who) ?? 0) < (held.get(best.who) ?? 0)) best = waiter;
    return best;
  }

  return {
    get taken() {
      return taken;
    },
    get waiting() {
      return waiters.size;
    },
    async take(asked, who) {
      const amount = Math.min(asked, total);
      if (waiters.size === 0 && taken + amount <= total) return hold(amount, who);
      if (waiters.size >= maxWaiting) throw new ByteBudgetError();
      return new Promise<Release>((resolve, reject) => {
        const waiter: Waiter = {
          amount,
          who,
          grant(release) {
            cancel();
            resolve(release);
          },
        };
        const cancel = clock.after(waitMs, () => {
          waiters.delete(waiter);
          reject(new ByteBudgetError());
          serve();
        });
        waiters.add(waiter);
        serve();
      });
    },
  };
}
