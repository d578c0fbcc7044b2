import { collectDefaultMetrics, Registry } from "prom-client";

/** What a process serves at `/metrics`, with the figures of Node itself in it. Once for a registry. */
export function withDefaultMetrics(registry = new Registry()): Registry {
  collectDefaultMetrics({ register: registry });
  return registry;
}
