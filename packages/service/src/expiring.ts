import { LRUCache } from "lru-cache";

export interface Expiring<V extends {}> {
  get(key: string): V | undefined;
  set(key: string, value: V): void;
}

/** Values that are remembered for `ms` each, by `now` in milliseconds; of more than `max` the ones used last. */
export function createExpiring<V extends {}>(ms: number, now: () => number, max = 4_096): Expiring<V> {
  // A ttl of 0 would mean for ever, as a value stored at 0 would be.
  if (ms <= 1) return { get: () => undefined, set: () => {} };
  const cache = new LRUCache<string, V>({
    max,
    // The library counts a value as good at its last millisecond.
    ttl: Math.ceil(ms) - 1,
    ttlResolution: 0,
    perf: { now: () => now() + 1 },
  });
  return { get: (key) => cache.get(key), set: (key, value) => void cache.set(key, value) };
}
