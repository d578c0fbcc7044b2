import { randomUUID } from "node:crypto";
import {
  type Clock,
  counter,
  gauge,
  histogram,
  isForeseen,
  type Logger,
  reportFaults,
  systemClock,
} from "@companyos/service";
import type { Registry } from "prom-client";
import { isConflict, KubeError } from "./errors.ts";
import { keyOf } from "./object.ts";
import type { Reflector } from "./reflector.ts";
import { createWorkQueue } from "./work-queue.ts";

export interface ControllerSource {
  whenSynced(signal?: AbortSignal): Promise<void>;
  /** Begins to report keys; returns its end. */
  subscribe(enqueue: (key: string) => void): () => void;
}

export interface ReconcileContext {
  /** Carries controller, key and reconcile id on every line. */
  log: Logger;
  /** Aborts when the controller stops. */
  signal: AbortSignal;
  reconcileId: string;
}

export interface ReconcileResult {
  /** Milliseconds until the key comes again even without an event. */
  requeueAfter?: number | undefined;
}

export interface ControllerOptions {
  name: string;
  sources: readonly ControllerSource[];
  /**
   * Level-based: brings the cluster to what the key's object says now, whatever event came. Throwing means: try
   * again after the key's own back-off.
   */
  reconcile(key: string, ctx: ReconcileContext): Promise<ReconcileResult | undefined>;
  /** Keys worked on at once; default 1. Never one key twice at once. */
  concurrency?: number | undefined;
  log: Logger;
  registry: Registry;
  clock?: Clock | undefined;
}

export interface Controller {
  readonly name: string;
  enqueue(key: string): void;
  enqueueAfter(key: string, ms: number): void;
  /** Takes no more work, aborts `signal`, waits for running reconciles. */
  stop(): Promise<void>;
}

/**
 * Reports the keys of a reflector's changed objects. `keys` maps an object to keys (default: its own); an update
 * reports those of both versions. `changed` may skip updates of no interest. The caller starts and stops the reflector.
 */
// biome-ignore lint/suspicious/noExplicitAny: a source does not care what shape its objects have
export function watchSource<R extends Reflector<any>>(
  reflector: R,
  keys: (object: ObjectOf<R>) => Iterable<string> = (object) => [keyOf(object)],
  changed: (object: ObjectOf<R>, old: ObjectOf<R>) => boolean = () => true,
): ControllerSource {
  return {
    whenSynced: (signal) => reflector.whenSynced(signal),
    subscribe(enqueue) {
      const report = (object: ObjectOf<R>) => {
        for (const key of keys(object)) enqueue(key);
      };
      return reflector.on({
        add: report,
        update(object, old) {
          if (!changed(object, old)) return;
          report(old);
          report(object);
        },
        delete: report,
      });
    },
  };
}

type ObjectOf<R> = R extends Reflector<infer T> ? T : never;

/**
 * Milliseconds after which a fault shows itself again at most: whoever counts faults over five minutes sees that it lasts.
 */
const maxFaultWaitMs = 3 * 60_000;

/** Milliseconds for which a key waits because the API server asks for it (Retry-After): what stands behind it may ask for days. */
const maxAskedWaitMs = 30_000;

/** Starts workers once every source is synced. */
export function runController(options: ControllerOptions): Controller {
  const { name, reconcile } = options;
  const clock = options.clock ?? systemClock;
  const concurrency = options.concurrency ?? 1;
  const log = options.log.child({ controller: name });
  const queue = createWorkQueue({ name, clock, registry: options.registry });
  const metrics = controllerMetrics(name, concurrency, options.registry);
  const stopping = new AbortController();
  const ends = options.sources.map((source) => source.subscribe((key) => queue.add(key)));

  async function once(key: string): Promise<void> {
    const reconcileId = randomUUID();
    const context = { log: log.child({ key, reconcileId }), signal: stopping.signal, reconcileId };
    const began = clock.elapsed();
    metrics.active(1);
    try {
      const result = await reconcile(key, context);
      queue.forget(key);
      if (result?.requeueAfter !== undefined) queue.addAfter(key, result.requeueAfter);
      metrics.finished(result?.requeueAfter === undefined ? "success" : "requeue_after");
    } catch (error) {
      metrics.finished("error");
      failed(key, error, context.log);
    } finally {
      metrics.active(-1);
      metrics.took((clock.elapsed() - began) / 1000);
    }
  }

  const retrying = "reconcile failed and tries again";
  function failed(key: string, error: unknown, keyLog: Logger): void {
    if (stopping.signal.aborted) return;
    const isFault = !isConflict(error) && !isForeseen(error);
    const retryAfter = error instanceof KubeError ? error.retryAfter : undefined;
    queue.addRateLimited(key, {
      ...(isFault ? { maxMs: maxFaultWaitMs } : {}),
      minMs: retryAfter && retryAfter > 0 ? Math.min(retryAfter * 1000, maxAskedWaitMs) : 0,
    });
    const fields = { error, failures: queue.failures(key), retryAfter };
    // Somebody else wrote at the same moment: ordinary, and the retry reads afresh.
    if (isConflict(error)) keyLog.info("reconcile met a conflict and tries again", fields);
    else if (!isFault) keyLog.error(retrying, fields);
    else reportFaults({ registry: options.registry, log: keyLog })("reconcile", error, fields, retrying);
  }

  async function work(): Promise<void> {
    for (let key = await queue.take(); key !== undefined; key = await queue.take()) {
      try {
        await once(key);
      } finally {
        queue.done(key);
      }
    }
  }

  async function run(): Promise<void> {
    try {
      await Promise.all(options.sources.map((source) => source.whenSynced(stopping.signal)));
    } catch (error) {
      if (!stopping.signal.aborted) log.error("a source ended before it was synced", { error });
      return;
    }
    log.info("controller starts", { concurrency });
    await Promise.all(Array.from({ length: concurrency }, work));
  }

  const running = run();
  return {
    name,
    enqueue: (key) => queue.add(key),
    enqueueAfter: (key, ms) => queue.addAfter(key, ms),
    async stop() {
      stopping.abort();
      for (const end of ends) end();
      await queue.shutDown();
      await running;
    },
  };
}

function controllerMetrics(controller: string, concurrency: number, registry: Registry) {
  const results = counter(registry, {
    name: "controller_runtime_reconcile_total",
    help: "Reconciles by result: success, requeue_after, error.",
    labelNames: ["controller", "result"],
  });
  const errors = counter(registry, {
    name: "controller_runtime_reconcile_errors_total",
    help: "Reconciles that failed.",
    labelNames: ["controller"],
  });
  const time = histogram(registry, {
    name: "controller_runtime_reconcile_time_seconds",
    help: "Seconds a reconcile took.",
    labelNames: ["controller"],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
  });
  const active = gauge(registry, {
    name: "controller_runtime_active_workers",
    help: "Reconciles running now.",
    labelNames: ["controller"],
  });
  const maxConcurrent = gauge(registry, {
    name: "controller_runtime_max_concurrent_reconciles",
    help: "Most reconciles at once.",
    labelNames: ["controller"],
  });
  for (const result of ["success", "requeue_after", "error"]) results.inc({ controller, result }, 0);
  errors.inc({ controller }, 0);
  active.set({ controller }, 0);
  maxConcurrent.set({ controller }, concurrency);
  return {
    active: (by: number) => active.inc({ controller }, by),
    took: (seconds: number) => time.observe({ controller }, seconds),
    finished(result: "success" | "requeue_after" | "error") {
      results.inc({ controller, result });
      if (result === "error") errors.inc({ controller });
    },
  };
}
