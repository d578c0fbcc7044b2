/** The values used last, at most so many. A failed promise is not kept. */
export class Kept<K, V> {
  readonly #limit: number;
  readonly #values = new Map<K, V>();

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(key: K, make: () => V): V {
    let value = this.#values.get(key);
    if (value === undefined) {
      value = make();
      if (value instanceof Promise) value.catch(() => this.#values.delete(key));
      if (this.#values.size >= this.#limit) this.#values.delete(this.#values.keys().next().value as K);
    } else this.#values.delete(key);
    this.#values.set(key, value);
    return value;
  }

  forget(key: K): void {
    this.#values.delete(key);
  }
}
