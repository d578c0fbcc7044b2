/** Every metric under a name of ours: /metrics, docs/operations.md and the tests of the alerts all go by this. */
import type { Entry } from "./entry.ts";
import { notaryMetrics } from "./notary.ts";
import { operatorMetrics } from "./operator.ts";
import { sharedMetrics } from "./shared.ts";
import { webhookMetrics } from "./webhook.ts";

export { metricsToCome } from "./to-come.ts";

export const catalogue = {
  ...webhookMetrics,
  ...operatorMetrics,
  ...notaryMetrics,
  ...sharedMetrics,
} as const;

type Named = typeof catalogue;
/** Names of the catalogue that are of one type. */
export type MetricName<T extends Entry["type"]> = {
  [N in keyof Named]: Named[N] extends { readonly type: T } ? N : never;
}[keyof Named];
export type LabelOf<N extends keyof Named> = Named[N]["labels"][number];

/** What prom-client wants of a metric; Markdown is for the page in docs alone. */
export function definitionOf(name: keyof Named): { name: string; help: string; labelNames: string[] } {
  const { says, labels } = catalogue[name];
  const help = says.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1").replaceAll("`", "");
  return { name, help, labelNames: [...labels] };
}
