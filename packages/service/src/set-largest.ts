import type { Gauge } from "prom-client";
import { other } from "./bounded-counter.ts";

/**
 * Sets a gauge anew, with a series for each name: the largest values when there are more than `most`, and the sum of the
 * rest under `_other`. Values of one name are summed.
 */
export function setLargest<L extends string>(
  gauge: Gauge<L>,
  label: L,
  values: Iterable<readonly [name: string, value: number]>,
  most = 5_000,
): void {
  const sums = new Map<string, number>();
  for (const [name, value] of values) sums.set(name, (sums.get(name) ?? 0) + value);
  const sorted =
    sums.size > most ? Array.from(sums).toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)) : [...sums];
  const tell = (name: string, value: number) => gauge.inc({ [label]: name } as Record<L, string>, value);
  gauge.reset();
  for (const [name, value] of sorted.slice(0, most)) tell(name, value);
  for (const [, value] of sorted.slice(most)) tell(other, value);
}
