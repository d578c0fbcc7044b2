/** What an SRE watches of a notary. */

import { isDecision, isReceiptType } from "@companyos/receipts";
import { counter, flowLatency, gauge } from "@companyos/service";
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

const refusals = new Set([401, 403, 429]);

export function notaryMetrics(registry: Registry, region: string): NotaryMetrics {
  const flow = flowLatency(registry);
  const receipts = counter(registry, {
    name: "residency_receipts_total",
    help: "Receipts committed to the log by this process",
    labelNames: ["type", "decision"],
  });
  const lost = counter(registry, {
    name: "residency_log_commits_lost_total",
    help: "Commits that another writer was faster with",
  });
  const alarms = counter(registry, {
    name: "residency_log_alarms_total",
    help: "What needs a person: halted, or a sender that contradicts itself",
    labelNames: ["code"],
  });
  const refused = counter(registry, {
    name: "residency_notary_refused_total",
    help: "Requests refused for who asked: 401 nobody, 403 without the right, 429 too often or too many at once",
    labelNames: ["status"],
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
      const tell = (name: string, help: string, value: () => number) =>
        gauge(registry, {
          name,
          help,
          labelNames: ["region"],
          collect() {
            this.set({ region }, value());
          },
        });
      tell("residency_log_size", "Receipts committed", () => writer.status().size);
      tell(
        "residency_log_published_size",
        "Size of the checkpoint that is out",
        () => writer.status().published,
      );
      tell("residency_log_queue", "Records that wait to be committed", () => writer.status().queued);
      tell("residency_log_halted", "1: halted, a person has to look", () =>
        Number(writer.status().state === "halted"),
      );
      tell(
        "residency_log_checkpoint_age_seconds",
        "How long committed receipts have waited for a checkpoint",
        () => {
          const { size, published, publishedAt } = writer.status();
          return published >= size ? 0 : (performance.now() - publishedAt) / 1000;
        },
      );
    },
  };
}
