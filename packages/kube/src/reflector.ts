import { type Clock, type Logger, reportFaults, sleep, systemClock } from "@companyos/service";
import { waitAfter } from "@companyos/service/backoff";
import type { Registry } from "prom-client";
import type { KubeClient } from "./client.ts";
import { isExpired, KubeError } from "./errors.ts";
import { type AnyObject, keyOf, metaOf } from "./object.ts";
import { createHandlers, type ReflectorHandler } from "./reflector-handlers.ts";
import { reflectorMetrics } from "./reflector-metrics.ts";
import type { Resource } from "./resource.ts";
import { type IndexFunction, ObjectStore, type Store } from "./store.ts";

export interface ReflectorOptions<T extends AnyObject> {
  client: KubeClient;
  resource: Resource<T>;
  namespace?: string | undefined;
  labelSelector?: string | undefined;
  fieldSelector?: string | undefined;
  /** Only the object of this name: no right to read others is needed. Instead of `fieldSelector`. */
  name?: string | undefined;
  /** Keep only what is needed: called once for every object that arrives; may change and return its argument. */
  transform?: ((object: T) => T) | undefined;
  /** managedFields are dropped, but for entries of these managers (`applyIfChanged` needs its own). */
  keepManagedFieldsOf?: readonly string[] | undefined;
  indices?: Readonly<Record<string, IndexFunction<T>>> | undefined;
  /** Seconds between full lists that check the watch, as soon as a watch ends; default 3600; 0 never. */
  relistSeconds?: number | undefined;
  pageSize?: number | undefined;
  log: Logger;
  registry: Registry;
  clock?: Clock | undefined;
  random?: (() => number) | undefined;
  /** Tests shorten these. */
  timing?: Partial<ReflectorTiming> | undefined;
}

export interface ReflectorTiming {
  /** The server is asked to end a watch after a random time between these; seconds. */
  watchSeconds: readonly [number, number];
  /** A watch on which nothing came for this long is dead: above the server's bookmark period of about a minute. */
  inactivityMs: number;
  backoffMs: readonly [first: number, max: number];
  /** A watch that lived this long resets the back-off. */
  stableMs: number;
}

export interface ReflectorStats {
  lists: number;
  watches: number;
  errors: number;
  /** Differences that a periodic list found and the watch should have told. */
  missed: number;
  /** Handlers that threw. */
  handlerErrors: number;
  resourceVersion: string;
}

/** A cache of one collection, kept by list and watch, that outlives every failure of the API server. */
export interface Reflector<T extends AnyObject = AnyObject> {
  readonly resource: Resource<T>;
  readonly store: Store<T>;
  /** Begins listing and watching; a second call does nothing. */
  start(): void;
  /** Ends the watch; resolves when nothing runs any more. No handler is called afterwards. */
  stop(): Promise<void>;
  /** True once a whole list is in the store and handlers have seen it; stays true through outages. */
  synced(): boolean;
  /** Resolves when synced; rejects when stopped or aborted before. */
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** Adds a handler; it is told of everything already in the store at once. Returns its removal. */
  on(handler: ReflectorHandler<T>): () => void;
  stats(): ReflectorStats;
}

const TIMING: ReflectorTiming = {
  watchSeconds: [300, 600],
  inactivityMs: 150_000,
  backoffMs: [250, 5_000],
  stableMs: 60_000,
};
/** Watches that fail this often in a row are begun from a new list, whatever their error says. */
const WATCHES_BEFORE_RELIST = 5;

export function createReflector<T extends AnyObject>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, resource, namespace, labelSelector, name } = options;
  const fieldSelector = name === undefined ? options.fieldSelector : `metadata.name=${name}`;
  const clock = options.clock ?? systemClock;
  const random = options.random ?? Math.random;
  const timing = { ...TIMING, ...options.timing };
  const relistMs = (options.relistSeconds ?? 3600) * 1000 * (0.9 + 0.2 * random());
  const log = options.log.child({ reflector: resource.plural });
  const metrics = reflectorMetrics(resource, options.registry);
  const stats: ReflectorStats = {
    lists: 0,
    watches: 0,
    errors: 0,
    missed: 0,
    handlerErrors: 0,
    resourceVersion: "",
  };
  const store = new ObjectStore<T>(options.indices);
  const faults = reportFaults({ registry: options.registry, log });
  const handlers = createHandlers(store, (error) => {
    stats.handlerErrors++;
    faults("watch", error, {}, "a handler threw; the event counts as handled");
  });
  const stopping = new AbortController();
  const { signal } = stopping;
  const synced = Promise.withResolvers<void>();
  // Nobody may be waiting when it is stopped early.
  synced.promise.catch(() => {});
  let isSynced = false;
  let running: Promise<void> | undefined;
  /** False: the next round begins with a list. */
  let continuous = false;
  let listedAt = 0;

  function slim(object: T): T {
    const meta = metaOf(object);
    const keep = options.keepManagedFieldsOf;
    if (keep) meta.managedFields = meta.managedFields?.filter(({ manager }) => keep.includes(manager ?? ""));
    else delete meta.managedFields;
    try {
      return options.transform?.(object) ?? object;
    } catch (error) {
      stats.handlerErrors++;
      faults("watch", error, { object: keyOf(object) }, "the transform threw; the object is kept whole");
      return object;
    }
  }

  function put(object: T): boolean {
    const old = store.get(keyOf(object));
    if (old !== undefined && metaOf(old).resourceVersion === metaOf(object).resourceVersion) return false;
    store.set(object);
    if (old === undefined) {
      handlers.add(object);
    } else if (metaOf(old).uid !== metaOf(object).uid) {
      // Deleted and made again between two looks: two events, or the old one would seem to live on.
      handlers.delete(old);
      handlers.add(object);
    } else {
      handlers.update(object, old);
    }
    return true;
  }

  function drop(key: string): boolean {
    const old = store.remove(key);
    if (old === undefined) return false;
    handlers.delete(old);
    return true;
  }

  /** Makes the store what the list says; returns how many objects differed. */
  function replace(items: readonly T[]): number {
    const listed = new Set(items.map(keyOf));
    let differences = 0;
    for (const key of [...store.keys()]) if (!listed.has(key) && drop(key)) differences++;
    for (const item of items) if (put(item)) differences++;
    return differences;
  }

  async function list(exactly?: string): Promise<number> {
    stats.lists++;
    metrics.listed();
    const { items, resourceVersion } = await client.list(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      pageSize: options.pageSize,
      transform: slim,
      signal,
      timeoutMs: 60_000,
      ...(exactly === undefined ? {} : { resourceVersion: exactly, resourceVersionMatch: "Exact" }),
    });
    if (signal.aborted) return 0;
    const differences = replace(items);
    stats.resourceVersion = exactly ?? resourceVersion;
    listedAt = clock.elapsed();
    continuous = true;
    if (!isSynced) {
      isSynced = true;
      log.info("synced", { objects: store.size });
      synced.resolve();
    }
    return differences;
  }

  /** Lists the very version the watch has come to: whatever differs, the watch failed to tell. */
  async function check(): Promise<void> {
    try {
      const missed = await list(stats.resourceVersion);
      stats.missed += missed;
      metrics.missed(missed);
      if (missed > 0) log.error("the watch had missed changes; the list put them right", { missed });
    } catch (error) {
      if (signal.aborted) return;
      log.info("that version is no longer there; listing the newest instead", { error });
      await list();
    }
  }

  async function watch(): Promise<void> {
    stats.watches++;
    metrics.watched();
    const [min, max] = timing.watchSeconds;
    const events = client.watch(resource, {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion: stats.resourceVersion,
      timeoutSeconds: Math.round(min + (max - min) * random()),
      inactivityMs: timing.inactivityMs,
      signal,
    });
    for await (const event of events) {
      if (signal.aborted) return;
      if (event.type === "BOOKMARK") {
        stats.resourceVersion = event.resourceVersion;
        continue;
      }
      const version = metaOf(event.object).resourceVersion;
      if (event.type === "DELETED") drop(keyOf(event.object));
      else put(slim(event.object));
      if (version) stats.resourceVersion = version;
    }
  }

  async function round(): Promise<void> {
    if (!continuous) await list();
    else if (relistMs > 0 && clock.elapsed() - listedAt >= relistMs) await check();
    if (!signal.aborted) await watch();
  }

  async function run(): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      const began = clock.elapsed();
      let failure: unknown;
      try {
        await round();
      } catch (error) {
        failure = error;
      }
      if (signal.aborted) return;
      const stable = clock.elapsed() - began >= timing.stableMs;
      if (failure === undefined && clock.elapsed() - began >= 1000) failures = 0;
      else failures = stable ? 1 : failures + 1;
      if (failure !== undefined) {
        stats.errors++;
        metrics.failed();
        if (needsList(failure) || failures >= WATCHES_BEFORE_RELIST) continuous = false;
        log.warn("list or watch failed and begins again", { error: failure, failures, relist: !continuous });
      }
      if (failures === 0) continue;
      const [first, max] = timing.backoffMs;
      await sleep(clock, waitAfter(failures, { first, max }) * (1 + random()), signal);
    }
  }

  return {
    resource,
    store,
    start() {
      running ??= run();
    },
    async stop() {
      handlers.clear();
      stopping.abort();
      synced.reject(stopped(resource.plural));
      await running;
    },
    synced: () => isSynced,
    whenSynced: (outer) => (outer ? abortable(synced.promise, outer, resource.plural) : synced.promise),
    on: handlers.on,
    stats: () => ({ ...stats }),
  };
}

/** Whether the version in hand is of no more use, or an event may have been lost. */
function needsList(error: unknown): boolean {
  if (isExpired(error)) return true;
  if (!(error instanceof KubeError)) return true;
  // A version from the future: the server's data went back in time.
  const future = error.details?.causes?.some(({ reason }) => reason === "ResourceVersionTooLarge") ?? false;
  return future || error.reason === "BadResponse" || (error.status >= 400 && error.status < 429);
}

function abortable<V>(promise: Promise<V>, signal: AbortSignal, what: string): Promise<V> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(stopped(what));
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function stopped(what: string): KubeError {
  return new KubeError({ status: 0, reason: "Aborted", message: `stopped before ${what} were synced` });
}
