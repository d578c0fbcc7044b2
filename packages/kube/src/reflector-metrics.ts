import { counter } from "@companyos/service";
import type { Registry } from "prom-client";
import type { AnyResource } from "./resource.ts";

/** Counters of one reflector, labelled by `plural` or `plural.group`. */
export function reflectorMetrics(resource: AnyResource, registry: Registry) {
  const labels = { resource: resource.group ? `${resource.plural}.${resource.group}` : resource.plural };
  const labelNames = ["resource"];
  const lists = counter(registry, { name: "reflector_lists_total", help: "Full lists.", labelNames });
  const watches = counter(registry, { name: "reflector_watches_total", help: "Watch requests.", labelNames });
  const errors = counter(registry, {
    name: "reflector_errors_total",
    help: "Lists and watches that failed.",
    labelNames,
  });
  const missed = counter(registry, {
    name: "reflector_missed_events_total",
    help: "Changes that a watch should have told and a list had to find.",
    labelNames,
  });
  for (const metric of [lists, watches, errors, missed]) metric.inc(labels, 0);
  return {
    listed: () => lists.inc(labels),
    watched: () => watches.inc(labels),
    failed: () => errors.inc(labels),
    missed: (count: number) => missed.inc(labels, count),
  };
}
