/** The queries of the dashboard that the chart installs, as Grafana asks them. */
import { readFileSync } from "node:fs";
import { isToCome } from "./rule-file.ts";

interface Dashboard {
  readonly panels: readonly {
    readonly title: string;
    readonly targets?: readonly { readonly expr: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly type: string; readonly query?: unknown }[] };
}

const file = new URL("../../charts/companyos/files/dashboards/q1-scale-residency.json", import.meta.url);
/** What Grafana fills in while every tenant is chosen and an hour is looked at. */
const filledIn: Readonly<Record<string, string>> = {
  $tenant: ".*",
  $__rate_interval: "1m",
  $__range: "1h",
};

export function dashboardQueries(): readonly { readonly title: string; readonly expr: string }[] {
  const { panels, templating } = JSON.parse(readFileSync(file, "utf8")) as Dashboard;
  const asked = panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr }) => ({
      title,
      expr: expr.replaceAll(/\$\w+/g, (variable) => {
        const value = filledIn[variable];
        if (value === undefined) throw new Error(`${title}: nobody fills ${variable} in`);
        return value;
      }),
    })),
  );
  // What the choice of tenants is made of: `label_values(METRIC, LABEL)` is Grafana's, not PromQL: of all series in the time that is looked at.
  const chosen = templating.list.flatMap(({ query }) => {
    const [, metric, label] = /^label_values\((\w+), (\w+)\)$/.exec(textOf(query)) ?? [];
    return metric
      ? [
          {
            title: `choice of ${label}`,
            expr: `count by (${label}) (last_over_time(${metric}{${label}!=""}[1h]))`,
          },
        ]
      : [];
  });
  if (chosen.length === 0) throw new Error("the dashboard has no choice of tenants any more");
  return [...asked, ...chosen];
}

const textOf = (query: unknown) =>
  typeof query === "string" ? query : String((query as { query?: string } | undefined)?.query);

/** Titles of panels: nothing says yet what they show. */
export const panelsToCome: readonly string[] = dashboardQueries()
  .filter(({ expr }) => isToCome(expr))
  .map(({ title }) => title);
