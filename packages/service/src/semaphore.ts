/** So much at once; what comes meanwhile waits, up to a limit; the rest is refused. */

/** Too much is under way or waits already; try again. */
export class BusyError extends Error {
  readonly code = "BUSY";
  override readonly name = "BusyError";
}

export class Semaphore {
  readonly #atOnce: number;
  readonly #waiting: (() => void)[] = [];
  readonly #maxWaiting: number;
  #running = 0;

  constructor(atOnce: number, maxWaiting: number) {
    this.#atOnce = atOnce;
    this.#maxWaiting = maxWaiting;
  }

  /** Throws BusyError. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running < this.#atOnce) this.#running++;
    else if (this.#waiting.length >= this.#maxWaiting) {
      throw new BusyError("too many are reading: try again");
    } else await new Promise<void>((resolve) => this.#waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#running--;
    }
  }
}

/** So many at once in all, and so many for one name, so that nobody takes what is there for all. */
export class ConcurrencyLimit {
  readonly #total: number;
  readonly #each: number;
  readonly #taken = new Map<string, number>();
  #all = 0;

  constructor(total: number, each: number) {
    this.#total = total;
    this.#each = each;
  }

  /** What it gives ends what was taken. Throws BusyError. */
  take(name: string): () => void {
    const own = this.#taken.get(name) ?? 0;
    if (own >= this.#each) throw new BusyError(`${own} of yours are under way: try again`);
    if (this.#all >= this.#total) throw new BusyError(`${this.#all} are under way: try again`);
    this.#taken.set(name, own + 1);
    this.#all++;
    return () => {
      this.#all--;
      const left = this.#taken.get(name)! - 1;
      if (left > 0) this.#taken.set(name, left);
      else this.#taken.delete(name);
    };
  }
}
