/** Answers with an end: each for `ms`, the ones used last, at most so many. */
export class Expiring<T> {
  readonly #ms: number;
  readonly #now: () => number;
  readonly #most: number;
  readonly #answers = new Map<string, { value: T; until: number }>();

  constructor(ms: number, now: () => number, most = 4_096) {
    this.#ms = ms;
    this.#now = now;
    this.#most = most;
  }

  get(key: string): T | undefined {
    const answer = this.#answers.get(key);
    if (answer === undefined) return undefined;
    this.#answers.delete(key);
    if (answer.until <= this.#now()) return undefined;
    this.#answers.set(key, answer);
    return answer.value;
  }

  set(key: string, value: T): void {
    this.#answers.delete(key);
    if (this.#answers.size >= this.#most) this.#answers.delete(this.#answers.keys().next().value as string);
    this.#answers.set(key, { value, until: this.#now() + this.#ms });
  }
}
