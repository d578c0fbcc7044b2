import type { Histogram, Registry } from "prom-client";
import { definitionOf } from "./catalogue/index.ts";
import { histogram } from "./metrics.ts";

/** The critical flows whose time every service reports in one metric. */
export type Flow = "admission" | "reconcile" | "receipt-to-checkpoint" | "prove" | "verify";

/** `flow_latency_ms{flow}` of a registry: made at the first call, the same one afterwards. */
export function flowLatency(registry: Registry): Histogram<"flow"> {
  return histogram(registry, {
    ...definitionOf("flow_latency_ms"),
    labelNames: ["flow"],
    buckets: [0.25, 0.5, 1, 2, 3, 5, 8, 12, 20, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, 30_000],
  });
}
