export interface SlotsOptions {
  /** So many at once in all. */
  readonly total: number;
  /** And so many for one name: one whose work hangs does not take what is there for all. */
  readonly each: number;
}

/** Runs what it is given as places get free, in the order in which it came as far as the names' shares allow. */
export class Slots {
  readonly #options: SlotsOptions;
  readonly #running = new Map<string, number>();
  readonly #waiting: { readonly name: string; readonly start: () => void }[] = [];
  #all = 0;

  constructor(options: SlotsOptions) {
    this.#options = options;
  }

  async run<T>(name: string, work: () => Promise<T>): Promise<T> {
    await new Promise<void>((start) => {
      this.#waiting.push({ name, start });
      this.#next();
    });
    try {
      return await work();
    } finally {
      this.#take(name, -1);
      this.#next();
    }
  }

  #next(): void {
    const { total, each } = this.#options;
    while (this.#all < total) {
      const index = this.#waiting.findIndex(({ name }) => (this.#running.get(name) ?? 0) < each);
      const [one] = index < 0 ? [] : this.#waiting.splice(index, 1);
      if (!one) return;
      this.#take(one.name, 1);
      one.start();
    }
  }

  #take(name: string, by: 1 | -1): void {
    const count = (this.#running.get(name) ?? 0) + by;
    if (count > 0) this.#running.set(name, count);
    else this.#running.delete(name);
    this.#all += by;
  }
}
