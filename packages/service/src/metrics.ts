/** Metrics under the names the ecosystem's dashboards know. Asking twice for one gives the same. */
import { Counter, Gauge, Histogram, type Registry, register } from "prom-client";

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

function once<M>(registry: Registry | undefined, name: string, make: (registers: Registry[]) => M): M {
  const into = registry ?? register;
  return (into.getSingleMetric(name) as M | undefined) ?? make([into]);
}

export function counter(registry: Registry | undefined, definition: Definition): Counter<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Counter({ labelNames: [], ...definition, registers }),
  );
}

export function gauge(registry: Registry | undefined, definition: GaugeDefinition): Gauge<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Gauge({ labelNames: [], ...definition, registers }),
  );
}

export function histogram(registry: Registry | undefined, definition: Definition): Histogram<string> {
  return once(
    registry,
    definition.name,
    (registers) => new Histogram({ labelNames: [], ...definition, registers }),
  );
}
