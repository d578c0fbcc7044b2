import type { AnyObject } from "./object.ts";
import { keyOf } from "./object.ts";

/** The values an object is found under. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Read side of what a reflector holds. Objects are shared: never change one. */
export interface Store<T extends AnyObject> {
  readonly size: number;
  /** By `namespace/name`, or `name` for cluster-scoped kinds. */
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  keys(): IterableIterator<string>;
  /** Objects whose index function gave `value`; throws RangeError for an index that was not declared. */
  byIndex(index: string, value: string): T[];
}

export class ObjectStore<T extends AnyObject> implements Store<T> {
  readonly #objects = new Map<string, T>();
  readonly #functions: Readonly<Record<string, IndexFunction<T>>>;
  /** index → value → keys */
  readonly #indices = new Map<string, Map<string, Set<string>>>();

  constructor(functions: Readonly<Record<string, IndexFunction<T>>> = {}) {
    this.#functions = functions;
    for (const name of Object.keys(functions)) this.#indices.set(name, new Map());
  }

  get size(): number {
    return this.#objects.size;
  }

  get(key: string): T | undefined {
    return this.#objects.get(key);
  }

  values(): IterableIterator<T> {
    return this.#objects.values();
  }

  keys(): IterableIterator<string> {
    return this.#objects.keys();
  }

  byIndex(index: string, value: string): T[] {
    const values = this.#indices.get(index);
    if (values === undefined) throw new RangeError(`the store has no index ${index}; declare it in indices`);
    const found: T[] = [];
    for (const key of values.get(value) ?? []) found.push(this.#objects.get(key)!);
    return found;
  }

  /** Puts an object in; returns what was there under its key. */
  set(object: T): T | undefined {
    const key = keyOf(object);
    const old = this.#objects.get(key);
    if (old !== undefined) this.#unindex(key, old);
    this.#objects.set(key, object);
    for (const [name, values] of this.#indices) {
      for (const value of this.#functions[name]!(object)) {
        const keys = values.get(value);
        if (keys === undefined) values.set(value, new Set([key]));
        else keys.add(key);
      }
    }
    return old;
  }

  /** Takes an object out; returns it. */
  remove(key: string): T | undefined {
    const old = this.#objects.get(key);
    if (old === undefined) return undefined;
    this.#unindex(key, old);
    this.#objects.delete(key);
    return old;
  }

  #unindex(key: string, object: T): void {
    for (const [name, values] of this.#indices) {
      for (const value of this.#functions[name]!(object)) {
        const keys = values.get(value);
        keys?.delete(key);
        if (keys?.size === 0) values.delete(value);
      }
    }
  }
}
