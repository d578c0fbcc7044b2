import { counter, gauge, histogram } from "@companyos/service";
import type { Registry } from "prom-client";

const LABELS = ["name", "controller"] as const;
/** client-go's: from 10 ns up by tens is more than a single-threaded process can tell; these start at 0.1 ms. */
const BUCKETS = [0.0001, 0.001, 0.01, 0.1, 1, 10, 100, 1000];

/** Seconds that each running item of one queue has taken so far. */
type Running = () => number[];
const runningByRegistry = new WeakMap<Registry, Map<string, Set<Running>>>();

/** The metrics of one queue, under controller-runtime's names. */
export function queueMetrics(name: string, registry: Registry) {
  const labels = { name, controller: name };
  const labelNames = LABELS;
  const depth = gauge(registry, { name: "workqueue_depth", help: "Keys waiting.", labelNames });
  const adds = counter(registry, { name: "workqueue_adds_total", help: "Keys added.", labelNames });
  const retries = counter(registry, {
    name: "workqueue_retries_total",
    help: "Keys added after a failure.",
    labelNames,
  });
  const queued = histogram(registry, {
    name: "workqueue_queue_duration_seconds",
    help: "Seconds a key waited.",
    labelNames,
    buckets: BUCKETS,
  });
  const worked = histogram(registry, {
    name: "workqueue_work_duration_seconds",
    help: "Seconds the work on a key took.",
    labelNames,
    buckets: BUCKETS,
  });
  depth.set(labels, 0);
  adds.inc(labels, 0);
  retries.inc(labels, 0);
  return {
    depth: (size: number) => depth.set(labels, size),
    added: () => adds.inc(labels),
    retried: () => retries.inc(labels),
    queued: (seconds: number) => queued.observe(labels, seconds),
    worked: (seconds: number) => worked.observe(labels, seconds),
    unfinished: (running: Running) => watchUnfinished(name, running, registry),
  };
}

/** These two are read when asked for, since time passes without events. */
function watchUnfinished(name: string, running: Running, registry: Registry): () => void {
  let queues = runningByRegistry.get(registry);
  if (!queues) {
    queues = new Map();
    runningByRegistry.set(registry, queues);
    readOnCollect(
      registry,
      queues,
      "workqueue_unfinished_work_seconds",
      "Seconds of work in progress, summed.",
      sum,
    );
    readOnCollect(
      registry,
      queues,
      "workqueue_longest_running_processor_seconds",
      "Seconds of the longest work in progress.",
      max,
    );
  }
  const own = queues.get(name) ?? new Set();
  queues.set(name, own.add(running));
  return () => void own.delete(running);
}

const sum = (seconds: number[]) => seconds.reduce((a, b) => a + b, 0);
const max = (seconds: number[]) => Math.max(0, ...seconds);

function readOnCollect(
  registry: Registry,
  queues: ReadonlyMap<string, ReadonlySet<Running>>,
  name: string,
  help: string,
  fold: (seconds: number[]) => number,
): void {
  gauge(registry, {
    name,
    help,
    labelNames: LABELS,
    collect() {
      for (const [queue, running] of queues) {
        this.set({ name: queue, controller: queue }, fold([...running].flatMap((read) => read())));
      }
    },
  });
}
