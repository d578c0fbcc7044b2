/** Metrics under the names the ecosystem's dashboards know. Asking twice for one gives the same. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";

interface Definition<L extends string> {
  name: string;
  help: string;
  labelNames?: readonly L[];
  buckets?: number[];
}

interface GaugeDefinition<L extends string> extends Definition<L> {
  /** Called before the gauge is read. */
  collect?(this: Gauge<L>): void;
}

function once<M>(registry: Registry, name: string, make: (registers: Registry[]) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make([registry]);
}

export function counter<L extends string = never>(registry: Registry, definition: Definition<L>): Counter<L> {
  return once(
    registry,
    definition.name,
    (registers) => new Counter({ labelNames: [], ...definition, registers }),
  );
}

/** Asked for again with another `collect`, the latest one counts: what the one before read may have ended. */
export function gauge<L extends string = never>(
  registry: Registry,
  definition: GaugeDefinition<L>,
): Gauge<L> {
  const found = once(
    registry,
    definition.name,
    (registers) => new Gauge({ labelNames: [], ...definition, registers }),
  );
  return definition.collect ? Object.assign(found, { collect: definition.collect }) : found;
}

export function histogram<L extends string = never>(
  registry: Registry,
  definition: Definition<L>,
): Histogram<L> {
  return once(
    registry,
    definition.name,
    (registers) => new Histogram({ labelNames: [], ...definition, registers }),
  );
}
