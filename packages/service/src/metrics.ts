/** Metrics: ours from the catalogue, others under the names the ecosystem's dashboards know. Asking twice for one gives the same. */
import { Counter, Gauge, Histogram, type Registry } from "prom-client";
import { definitionOf, type LabelOf, type MetricName } from "./catalogue/index.ts";

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

/** For each label the values that are known beforehand. */
export type Starts<L extends string> = Readonly<Record<L, readonly string[]>>;

function once<M>(registry: Registry, name: string, make: (registers: Registry[]) => M): M {
  return (registry.getSingleMetric(name) as M | undefined) ?? make([registry]);
}

/**
 * `starts`: series that are there at 0 from the start, every combination of these values. Without them `increase()` never
 * sees the first event of a series: it begins with what the event made of it.
 */
export function counter<N extends MetricName<"counter">>(
  registry: Registry,
  name: N,
  ...starts: Starts<LabelOf<N>>[]
): Counter<LabelOf<N>>;
export function counter<L extends string = never>(registry: Registry, definition: Definition<L>): Counter<L>;
export function counter(
  registry: Registry,
  metric: MetricName<"counter"> | Definition<string>,
  ...starts: Starts<string>[]
): Counter<string> {
  const definition = typeof metric === "string" ? definitionOf(metric) : metric;
  const found = once(
    registry,
    definition.name,
    (registers) => new Counter({ labelNames: [] as string[], ...definition, registers }),
  );
  for (const labels of starts.flatMap(combinations)) found.inc(labels, 0);
  return found;
}

function combinations(values: Starts<string>): Record<string, string>[] {
  return Object.entries(values).reduce<Record<string, string>[]>(
    (all, [label, each]) => all.flatMap((labels) => each.map((value) => ({ ...labels, [label]: value }))),
    [{}],
  );
}

/** Asked for again with another `collect`, the latest one counts: what the one before read may have ended. */
export function gauge<N extends MetricName<"gauge">>(
  registry: Registry,
  name: N,
  collect?: (this: Gauge<LabelOf<N>>) => void,
): Gauge<LabelOf<N>>;
export function gauge<L extends string = never>(registry: Registry, definition: GaugeDefinition<L>): Gauge<L>;
export function gauge(
  registry: Registry,
  metric: MetricName<"gauge"> | GaugeDefinition<string>,
  collect?: (this: Gauge<string>) => void,
): Gauge<string> {
  const definition: GaugeDefinition<string> =
    typeof metric === "string" ? { ...definitionOf(metric), ...(collect ? { collect } : {}) } : metric;
  const found = once(
    registry,
    definition.name,
    (registers) => new Gauge({ labelNames: [] as string[], ...definition, registers }),
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
