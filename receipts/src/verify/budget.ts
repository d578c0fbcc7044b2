import { refuse } from "../refusals.ts";

const limits = { chains: 10_000, handovers: 10_000 };

/** What a whole set may hold of the things that are remembered to its end. */
export class Budget {
  readonly #spent = { chains: 0, handovers: 0 };

  /** Refuses `too_long`. */
  spend(what: keyof typeof limits): void {
    if (++this.#spent[what] > limits[what])
      refuse("too_long", `evidence has at most ${limits[what]} ${what}`);
  }
}
