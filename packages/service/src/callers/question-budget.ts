/**
 * What unauthenticated clients may cost. Each of their questions is one to the API server, so each name (an address,
 * a user) has a budget of questions that came to nothing, and few are asked at once. Who is told apart by name is not
 * hindered by what others do.
 */
import { LRUCache } from "lru-cache";
import { refill, type TokenBucket, type TokenRate } from "../token-bucket.ts";

/** The rate is that of questions that come to nothing. */
export interface QuestionLimits extends TokenRate {
  /** Questions at once, of all names and of one. */
  readonly atOnce: number;
  readonly each: number;
  /** Questions of one name that wait for its others to end. Default 0: they are not asked. */
  readonly waiting?: number;
}

/** Thrown instead of asking. */
export class OverBudget extends Error {
  readonly code = "OVER_BUDGET";
  override readonly name = "OverBudget";
}

interface Account extends TokenBucket {
  asking: number;
  /** Called in turn whenever a question of this name has ended. */
  readonly waiting: (() => void)[];
}

const maxNames = 4_096;

export class QuestionBudget {
  readonly #limits: QuestionLimits;
  readonly #now: () => number;
  readonly #accounts = new LRUCache<string, Account>({ max: maxNames });
  #asking = 0;

  /** `now` in milliseconds, never set back. */
  constructor(limits: QuestionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /** Asks, unless the name has used up what it may. `good`: a result that costs the name nothing. Throws OverBudget. */
  async ask<T>(name: string, question: () => Promise<T>, good: (result: T) => boolean): Promise<T> {
    const { atOnce, each, waiting = 0 } = this.#limits;
    const account = this.#account(name);
    while (account.asking >= each && account.waiting.length < waiting)
      await new Promise<void>((next) => account.waiting.push(next));
    if (account.tokens < 1 || account.asking >= each || this.#asking >= atOnce) {
      // Whoever waits behind this one waits for a turn that it does not take.
      if (account.asking < each) account.waiting.shift()?.();
      throw new OverBudget("too many questions came to nothing");
    }
    account.asking++;
    account.tokens--;
    this.#asking++;
    try {
      const result = await question();
      if (good(result)) account.tokens++;
      return result;
    } finally {
      account.asking--;
      this.#asking--;
      account.waiting.shift()?.();
    }
  }

  /** Takes one of what the name may have in a row. Milliseconds until there is one: 0 when it was taken. */
  spend(name: string): number {
    const account = this.#account(name);
    if (account.tokens < 1) return ((1 - account.tokens) / this.#limits.perSecond) * 1000;
    account.tokens--;
    return 0;
  }

  #account(name: string): Account {
    const now = this.#now();
    const account = this.#accounts.get(name) ?? {
      asking: 0,
      waiting: [],
      tokens: this.#limits.burst,
      at: now,
    };
    refill(account, this.#limits, now);
    this.#accounts.set(name, account);
    return account;
  }
}

/** One name for all addresses that one machine can have: of IPv6 the network. */
export function addressName(address: string | undefined): string {
  if (address === undefined) return "";
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined || !address.includes(":")) return mapped ?? address;
  const [head = "", tail] = address.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const zeros = tail === undefined ? [] : Array(Math.max(0, 8 - left.length - right.length)).fill("0");
  return `${[...left, ...zeros, ...right].slice(0, 4).join(":")}::/64`;
}
