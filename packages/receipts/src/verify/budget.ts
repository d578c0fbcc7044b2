/**
 * What a verifier remembers to the end of a set, at most. What lies beyond is read, its signatures and its place in the
 * log are checked, and then it is let go: the evidence is valid and not complete, for whoever makes Tenants must not be
 * able to make a name's evidence invalid. At the defaults all of it together holds some 200 MB.
 */
export interface Limits {
  /** Chains over all parts. Those opened after are not counted. Each part holds at least its first. */
  readonly chains: number;
  /** Handovers over all parts. */
  readonly handovers: number;
  /** Journals of one part: those met later may repeat their numbers. */
  readonly journals: number;
  /** Names of regions over all parts, each once for what it was (requested, allowed, observed). */
  readonly regions: number;
}

export const limits: Limits = { chains: 50_000, handovers: 100_000, journals: 100_000, regions: 30_000 };

/** Spends the limits, and knows which of them did not suffice. */
export class Budget {
  readonly limits: Limits;
  readonly #spent = { chains: 0, handovers: 0, regions: 0 };
  readonly #beyond = new Set<keyof Limits>();

  constructor(changes: Partial<Limits> = {}) {
    this.limits = { ...limits, ...changes };
  }

  /** False when there is no room for another. */
  spend(what: "chains" | "handovers" | "regions"): boolean {
    if (this.#spent[what] >= this.limits[what]) return this.#exceed(what);
    this.#spent[what]++;
    return true;
  }

  /** Room for another journal in a part that knows `known`. */
  hasRoomForJournal(known: number): boolean {
    return known < this.limits.journals || this.#exceed("journals");
  }

  #exceed(what: keyof Limits): false {
    this.#beyond.add(what);
    return false;
  }

  /** By name. */
  get beyond(): readonly (keyof Limits)[] {
    return [...this.#beyond].sort();
  }
}
