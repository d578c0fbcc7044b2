export interface LineOptions {
  /** So many have their turn at once. */
  readonly atOnce: number;
  /** Who has had a turn for so long gives it up while others wait. */
  readonly turnMs: number;
  /** Milliseconds since a moment of no importance. */
  readonly elapsed: () => number;
  /** Its turn has come. */
  readonly next: (who: string) => void;
}

/** Turns: some have one, the others wait in the order in which they came. */
export class Line {
  readonly #options: LineOptions;
  /** Since when each has its turn. */
  readonly #turns = new Map<string, number>();
  readonly #waiting = new Set<string>();

  constructor(options: LineOptions) {
    this.#options = options;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** 0: it has its turn, or has it now. Else its place in the line, the first being 1. */
  enter(who: string): number {
    const since = this.#turns.get(who);
    if (since !== undefined) {
      const { turnMs, elapsed } = this.#options;
      if (this.#waiting.size === 0 || elapsed() - since < turnMs) return 0;
      this.#turns.delete(who);
    }
    this.#waiting.add(who);
    this.#admit(who);
    return this.#turns.has(who) ? 0 : [...this.#waiting].indexOf(who) + 1;
  }

  /** It waits for nothing, and has nothing to do. */
  leave(who: string): void {
    this.#waiting.delete(who);
    if (this.#turns.delete(who)) this.#admit();
  }

  /** It waits no more; a turn that it has it keeps until it leaves. */
  stepOut(who: string): void {
    this.#waiting.delete(who);
  }

  #admit(asking?: string): void {
    const { atOnce, elapsed, next } = this.#options;
    for (const who of this.#waiting) {
      if (this.#turns.size >= atOnce) return;
      this.#waiting.delete(who);
      this.#turns.set(who, elapsed());
      if (who !== asking) next(who);
    }
  }
}
