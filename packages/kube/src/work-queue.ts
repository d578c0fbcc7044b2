import { type Clock, systemClock } from "@companyos/service";
import { waitAfter } from "@companyos/service/backoff";
import type { Registry } from "prom-client";
import { queueMetrics } from "./work-queue-metrics.ts";

export interface WorkQueueOptions {
  name: string;
  clock?: Clock | undefined;
  registry: Registry;
  /** First and maximum wait of a failing item in milliseconds; default 5 and 1,000,000. */
  backoffMs?: readonly [number, number] | undefined;
  random?: (() => number) | undefined;
}

/** Keys waiting for work, each at most once; a key added while it is worked on comes back afterwards. */
export interface WorkQueue {
  readonly depth: number;
  add(key: string): void;
  /** Of several delays of one key the earliest counts. */
  addAfter(key: string, ms: number): void;
  /** Adds after the item's own exponential wait, of at most `maxMs` if that is less than the queue's, and at least `minMs`. */
  addRateLimited(key: string, options?: { readonly maxMs?: number; readonly minMs?: number }): void;
  /** Forgets the item's failures. */
  forget(key: string): void;
  failures(key: string): number;
  /** The next key, or undefined once the queue shut down. */
  take(): Promise<string | undefined>;
  /** Must follow every `take`. */
  done(key: string): void;
  /** Drops what waits and takes no more; resolves when every taken key is done. */
  shutDown(): Promise<void>;
}

export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const [first, max] = options.backoffMs ?? [5, 1_000_000];
  const metrics = queueMetrics(options.name, options.registry);
  /** Key → when it was added; a Map keeps the order. */
  const waiting = new Map<string, number>();
  /** Key → when it was taken. */
  const running = new Map<string, number>();
  /** Added while running: comes back when done. */
  const again = new Set<string>();
  const delayed = new Map<string, { due: number; cancel: () => void }>();
  const failures = new Map<string, number>();
  const takers: ((key: string | undefined) => void)[] = [];
  let closed = false;
  let drained: (() => void) | undefined;
  const unwatch = metrics.unfinished(() =>
    [...running.values()].map((since) => (clock.elapsed() - since) / 1000),
  );

  function push(key: string): void {
    waiting.set(key, clock.elapsed());
    const taker = takers.shift();
    if (taker) taker(pop());
    metrics.depth(waiting.size);
  }

  function pop(): string | undefined {
    for (const [key, since] of waiting) {
      waiting.delete(key);
      running.set(key, clock.elapsed());
      metrics.queued((clock.elapsed() - since) / 1000);
      metrics.depth(waiting.size);
      return key;
    }
    return undefined;
  }

  const queue: WorkQueue = {
    get depth() {
      return waiting.size;
    },
    add(key) {
      if (closed || waiting.has(key) || again.has(key)) return;
      metrics.added();
      if (running.has(key)) again.add(key);
      else push(key);
    },
    addAfter(key, ms) {
      if (closed) return;
      if (ms <= 0) return queue.add(key);
      const due = clock.elapsed() + ms;
      const earlier = delayed.get(key);
      if (earlier && earlier.due <= due) return;
      earlier?.cancel();
      const cancel = clock.after(ms, () => {
        delayed.delete(key);
        queue.add(key);
      });
      delayed.set(key, { due, cancel });
    },
    addRateLimited(key, { maxMs = max, minMs = 0 } = {}) {
      const count = (failures.get(key) ?? 0) + 1;
      failures.set(key, count);
      metrics.retried();
      const own = waitAfter(count, { first, max: Math.min(max, maxMs) }) * (1 + 0.1 * random());
      queue.addAfter(key, Math.max(own, minMs));
    },
    forget: (key) => void failures.delete(key),
    failures: (key) => failures.get(key) ?? 0,
    take() {
      if (closed) return Promise.resolve(undefined);
      if (waiting.size > 0) return Promise.resolve(pop());
      return new Promise((resolve) => takers.push(resolve));
    },
    done(key) {
      const since = running.get(key);
      if (since === undefined) return;
      running.delete(key);
      metrics.worked((clock.elapsed() - since) / 1000);
      if (again.delete(key) && !closed) push(key);
      if (closed && running.size === 0) drained?.();
    },
    shutDown() {
      closed = true;
      for (const { cancel } of delayed.values()) cancel();
      delayed.clear();
      waiting.clear();
      again.clear();
      metrics.depth(0);
      for (const taker of takers.splice(0)) taker(undefined);
      const rest =
        running.size === 0 ? Promise.resolve() : new Promise<void>((resolve) => (drained = resolve));
      return rest.then(unwatch);
    },
  };
  return queue;
}
