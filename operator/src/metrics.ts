import { flowLatency } from "@companyos/service";
import type { Registry } from "prom-client";

/** Times one reconcile; the same metric the webhook uses for its flow. */
export function reconcileTimer(registry: Registry): (run: () => Promise<unknown>) => Promise<void> {
  const latency = flowLatency(registry);
  return async (run) => {
    const started = performance.now();
    try {
      await run();
    } finally {
      latency.observe({ flow: "reconcile" }, performance.now() - started);
    }
  };
}
