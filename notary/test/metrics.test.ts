import { expect, test } from "@jest/globals";
import { Registry } from "prom-client";
import { notaryMetrics } from "../src/server/metrics.ts";
import type { WriterEvents } from "../src/writer/options.ts";

type Issued = Parameters<NonNullable<WriterEvents["committed"]>>[0][number];

test("what a sender calls its events makes no series: types and decisions come from closed lists", async () => {
  const registry = new Registry();
  const { events } = notaryMetrics(registry, "eu-west-1");
  const committed = ["block", ...Array.from({ length: 20 }, (_, i) => `invented-${i}`)].map((decision) => ({
    event: { type: "admission.blocked", decision },
  }));
  // All of a receipt that is counted.
  // Metrics read the event alone.
  events.committed?.(committed as unknown as readonly Issued[], []);
  const text = await registry.getSingleMetricAsString("residency_receipts_total");
  expect(text.split("\n").filter((line) => line.startsWith("residency_receipts_total{"))).toEqual([
    'residency_receipts_total{type="admission.blocked",decision="block"} 1',
    'residency_receipts_total{type="admission.blocked",decision="none"} 20',
  ]);
});
