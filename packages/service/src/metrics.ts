/** Metrics under the names the ecosystem's dashboards know. Asking twice for one gives the same. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

interface Definition {
  name: string;
  help: string;
  labelNames?: readonly string[];
  buckets?: number[];
}

interface GaugeDefinition extends Definition {
  /** Called before the gauge is read. */
  collect?(this: Gauge<string>): void;
}

function once<M>(registry: Registry, name: string, make: (registers: Registry[]) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make([registry]);
}

export function counter(registry: Registry, definition: Definition): Counter<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Counter({ labelNames: [], ...definition, registers }),
  );
}

export function gauge(registry: Registry, definition: GaugeDefinition): Gauge<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Gauge({ labelNames: [], ...definition, registers }),
  );
}

export function histogram(registry: Registry, definition: Definition): Histogram<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Histogram({ labelNames: [], ...definition, registers }),
  );
}
