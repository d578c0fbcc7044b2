/** What an SRE watches of a notary. */

import { isDecision, isReceiptType } from "@companyos/receipts";
import { counter, flowLatency, gauge, type MetricName } from "@companyos/service";
import type { Registry } from "prom-client";

import type { WriterEvents } from "../writer/options.ts";
import type { Writer } from "../writer/writer.ts";

export interface NotaryMetrics {
  readonly events: WriterEvents;
  /** How long a bundle took, ms. */
  proved(ms: number): void;
  /** A response was sent with this status. */
  responded(status: number): void;
  /** From now on gauges tell what this writer does. */
  observe(writer: Writer): void;
}

type OfLog = Extract<MetricName<"gauge">, `residency_log_${string}`>;
const refusals = new Set([401, 403, 429]);

export function notaryMetrics(registry: Registry, region: string): NotaryMetrics {
  const flow = flowLatency(registry);
  const receipts = counter(registry, "residency_receipts_total");
  const lost = counter(registry, "residency_log_commits_lost_total");
  const alarms = counter(registry, "residency_log_alarms_total", { code: ["halted", "conflict"] });
  const refused = counter(registry, "residency_notary_refused_total", {
    status: Array.from(refusals, String),
  });
  return {
    responded(status) {
      if (refusals.has(status)) refused.inc({ status: String(status) });
    },
    events: {
      committed(committed) {
        // As the leaf has them: what a sender wrote may be anything, and would be a series of its own.
        for (const { event } of committed)
          receipts.inc({
            type: isReceiptType(event.type) ? event.type : "other",
            decision: isDecision(event.decision) ? event.decision : "none",
          });
      },
      published(_size, sinces) {
        const now = performance.now();
        for (const since of sinces) flow.observe({ flow: "receipt-to-checkpoint" }, now - since);
      },
      lost: () => lost.inc(),
      alarm: (code) => alarms.inc({ code }),
    },
    proved: (ms) => flow.observe({ flow: "prove" }, ms),
    observe(writer) {
      const tell = (name: OfLog, value: () => number) =>
        gauge(registry, name, function () {
          this.set({ region }, value());
        });
      tell("residency_log_size", () => writer.status().size);
      tell("residency_log_published_size", () => writer.status().published);
      tell("residency_log_queue", () => writer.status().queued);
      tell("residency_log_halted", () => Number(writer.status().state === "halted"));
      tell("residency_log_checkpoint_age_seconds", () => {
        const { size, published, publishedAt } = writer.status();
        return published >= size ? 0 : (performance.now() - publishedAt) / 1000;
      });
    },
  };
}
