/**
 * What those whom nobody knows may cost. Each of their questions is one to the API server, so each name (an address,
 * a user) has a budget of questions that came to nothing, and few are asked at once. Who is told apart by name is not
 * hindered by what others do.
 */

export interface Budget {
  /** Questions at once, of all names and of one. */
  readonly atOnce: number;
  readonly each: number;
  /** Questions that come to nothing: so many in a row, then so many a second. */
  readonly burst: number;
  readonly perSecond: number;
}

/** Thrown instead of asking. */
export class OverBudget extends Error {
  override readonly name = "OverBudget";
}

interface Account {
  asking: number;
  left: number;
  at: number;
}

const mostNames = 4_096;

export class Budgets {
  readonly #budget: Budget;
  readonly #now: () => number;
  readonly #accounts = new Map<string, Account>();
  #asking = 0;

  /** `now` in milliseconds, never set back. */
  constructor(budget: Budget, now: () => number) {
    this.#budget = budget;
    this.#now = now;
  }

  /** Asks, unless the name has used up what it may. `good`: an answer that costs the name nothing. Throws OverBudget. */
  async ask<T>(name: string, question: () => Promise<T>, good: (answer: T) => boolean): Promise<T> {
    const { atOnce, each } = this.#budget;
    const account = this.#account(name);
    if (account.left < 1 || account.asking >= each || this.#asking >= atOnce) throw new OverBudget();
    account.asking++;
    account.left--;
    this.#asking++;
    try {
      const answer = await question();
      if (good(answer)) account.left++;
      return answer;
    } finally {
      account.asking--;
      this.#asking--;
    }
  }

  /** Takes one of what the name may have in a row. Milliseconds until there is one: 0 when it was taken. */
  spend(name: string): number {
    const account = this.#account(name);
    if (account.left < 1) return ((1 - account.left) / this.#budget.perSecond) * 1000;
    account.left--;
    return 0;
  }

  #account(name: string): Account {
    const { burst, perSecond } = this.#budget;
    const now = this.#now();
    const known = this.#accounts.get(name);
    const account = known ?? { asking: 0, left: burst, at: now };
    account.left = Math.min(burst, account.left + ((now - account.at) / 1000) * perSecond);
    account.at = now;
    // The longest unused goes first.
    this.#accounts.delete(name);
    if (this.#accounts.size >= mostNames) this.#accounts.delete(this.#accounts.keys().next().value as string);
    this.#accounts.set(name, account);
    return account;
  }
}

/** One name for all addresses that one machine can have: of IPv6 the network. */
export function nameOf(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
