/**
 * What unauthenticated clients may cost. Each of their questions is one to the API server, so each name (an address,
 * a user) has a budget of questions that came to nothing, and few are asked at once. The others wait in line, where names
 * take turns: who is told apart by name is not hindered by what others do.
 */
import { LRUCache } from "lru-cache";
import { BusyError } from "../semaphore.ts";
import { refill, type TokenBucket, type TokenRate } from "../token-bucket.ts";

/** The rate is that of questions that come to nothing. */
export interface QuestionLimits extends TokenRate {
  /** Questions at once, of all names and of one. */
  readonly atOnce: number;
  readonly each: number;
  /** Questions of one name that wait for a turn. Default 0: they are not asked. */
  readonly waiting?: number;
}

/** Thrown instead of asking. */
export class OverBudget extends Error {
  readonly code = "OVER_BUDGET";
  override readonly name = "OverBudget";
}

/** Thrown instead of asking: the last questions of this name failed, as the cause says. Another comes later. */
export class NotAsked extends Error {
  readonly code = "NOT_ASKED";
  override readonly name = "NotAsked";
}

interface Waiter {
  readonly start: () => void;
  readonly refuse: (error: Error) => void;
}

interface Account extends TokenBucket {
  asking: number;
  readonly waiting: Set<Waiter>;
  /** Why the question that ended last failed; undefined: it did not. */
  failure?: { readonly cause: unknown } | undefined;
}

const maxNames = 4_096;
/** Questions in line, of all names. When there are more, a name that has more than the one that comes gives way. */
const maxWaiting = 512;

export class QuestionBudget {
  readonly #limits: QuestionLimits;
  readonly #now: () => number;
  readonly #accounts = new LRUCache<string, Account>({ max: maxNames });
  /** Accounts with questions in line, in the order of their turns. */
  readonly #line = new Set<Account>();
  #waiting = 0;
  #asking = 0;

  /** `now` in milliseconds, never set back. */
  constructor(limits: QuestionLimits, now: () => number) {
    this.#limits = limits;
    this.#now = now;
  }

  /**
   * Asks, unless the name has used up what it may; waits for a turn if need be. `good`: a result that costs the name
   * nothing. A question that fails costs as much as one that comes to nothing: an API server that fails under its load
   * would else be asked without end. But the name is told so. Throws OverBudget, NotAsked, or BusyError where there is
   * no place in line.
   */
  async ask<T>(name: string, question: () => Promise<T>, good: (result: T) => boolean): Promise<T> {
    const account = this.#account(name);
    if (isUsedUp(account)) throw refusal(account);
    if (account.waiting.size > 0 || !this.#mayStart(account)) await this.#turn(account);
    else this.#begin(account);
    try {
      const result = await question();
      account.failure = undefined;
      if (good(result)) account.tokens++;
      return result;
    } catch (cause) {
      account.failure = { cause };
      throw cause;
    } finally {
      account.asking--;
      this.#asking--;
      this.#next();
    }
  }

  /** Takes one of what the name may have in a row. Milliseconds until there is one: 0 when it was taken. */
  spend(name: string): number {
    const account = this.#account(name);
    if (account.tokens < 1) return ((1 - account.tokens) / this.#limits.perSecond) * 1000;
    account.tokens--;
    return 0;
  }

  #mayStart({ asking, tokens }: Account): boolean {
    const { atOnce, each } = this.#limits;
    return this.#asking < atOnce && asking < each && tokens >= 1;
  }

  #begin(account: Account): void {
    account.asking++;
    account.tokens--;
    this.#asking++;
  }

  /** Resolves when the question has begun. */
  async #turn(account: Account): Promise<void> {
    const { waiting = 0 } = this.#limits;
    if (account.waiting.size >= waiting)
      throw new BusyError(`${account.asking} of yours are asked and ${account.waiting.size} wait: try again`);
    if (this.#waiting >= maxWaiting) this.#makeRoom(account);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const start = () => {
      this.#begin(account);
      resolve();
    };
    account.waiting.add({ start, refuse: reject });
    this.#waiting++;
    this.#line.add(account);
    return promise;
  }

  /** Throws BusyError when nobody has more in line than this name would. */
  #makeRoom(comes: Account): void {
    let longest = comes;
    for (const account of this.#line) if (account.waiting.size > longest.waiting.size) longest = account;
    const busy = new BusyError("too many wait: try again");
    if (longest.waiting.size <= comes.waiting.size + 1) throw busy;
    const last = [...longest.waiting].at(-1)!;
    this.#leave(longest, last);
    last.refuse(busy);
  }

  #leave(account: Account, waiter: Waiter): void {
    if (account.waiting.delete(waiter)) this.#waiting--;
    if (account.waiting.size === 0) this.#line.delete(account);
  }

  /** Begins what waits and may, one of each name after the other. */
  #next(): void {
    for (let begun = 1; begun > 0; ) {
      begun = 0;
      for (const account of [...this.#line]) {
        refill(account, this.#limits, this.#now());
        if (isUsedUp(account)) {
          for (const waiter of [...account.waiting]) {
            this.#leave(account, waiter);
            waiter.refuse(refusal(account));
          }
        } else if (this.#mayStart(account)) {
          const [waiter] = account.waiting as Iterable<Waiter>;
          this.#leave(account, waiter!);
          // Behind the others: it had its turn.
          if (this.#line.delete(account)) this.#line.add(account);
          waiter!.start();
          begun++;
        }
      }
    }
  }

  #account(name: string): Account {
    const now = this.#now();
    const account: Account = this.#accounts.get(name) ?? {
      asking: 0,
      waiting: new Set(),
      tokens: this.#limits.burst,
      at: now,
    };
    refill(account, this.#limits, now);
    this.#accounts.set(name, account);
    return account;
  }
}

/** What is being asked may cost nothing yet. */
function isUsedUp({ tokens, asking }: Account): boolean {
  return tokens < 1 && asking === 0;
}

function refusal({ failure }: Account): Error {
  if (failure) return new NotAsked("the questions before this one failed", failure);
  return new OverBudget("too many questions came to nothing");
}
