import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { catalogue, metricsToCome } from "@companyos/service/catalogue";
import { beforeAll, describe, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { type Manifest, productNamespace, renderChart } from "../rbac/rendered.ts";
import { dashboardQueries } from "./dashboard.ts";
import { promtool, promtoolOn } from "./promtool.ts";
import { alertNames, alertRules, metricsIn } from "./rule-file.ts";

const cases = fileURLToPath(new URL("alerts.test.yaml", import.meta.url));

test("each alert fires on what it is for, and is silent when all is well", async () => {
  expect(await promtool("test", cases)).toContain("SUCCESS");
}, 600_000);

describe("with the matchers that the chart gives them, the rules", () => {
  interface Case {
    readonly name: string;
    readonly input_series: readonly { readonly series: string; readonly values: string }[];
    readonly promql_expr_test: readonly object[];
  }
  const written = alertRules.map(({ expr }) => expr);
  let rules: Manifest;
  let tried: { readonly evaluation_interval: string; readonly tests: readonly Case[] };

  beforeAll(async () => {
    const monitoring = { rules: { enabled: true }, podMonitor: { enabled: true } };
    rules = (await renderChart({ monitoring })).find(({ kind }) => kind === "PrometheusRule")!;
    tried = load(await readFile(cases, "utf8")) as typeof tried;
  }, 600_000);

  /** The same series as somebody's whose monitor stands in this namespace. */
  const scraped = (one: Case, namespace: string): Case => ({
    ...one,
    input_series: one.input_series.map(({ series, values }) => {
      const [name = "", labels = ""] = series.replace(/\}$/, "").split("{");
      const kept = labels
        .split(/,(?=\w+=)/)
        .filter((label) => label !== "" && !/^(job|namespace)=/.test(label));
      const all = [...kept, 'job="companyos-webhook"', `namespace="${namespace}"`];
      return { series: `${name}{${all.join(",")}}`, values };
    }),
  });
  test("fire on the release's own series as on any, and are silent about a tenant's of these names", async () => {
    // Each case is evaluated by all rules, some of which look at days; of the others the next test sees that nothing else differs.
    const some = tried.tests.filter(({ name }) => /^(CrossRegionAttempt|NodeRegionMismatch) /.test(name));
    const own = some.map((one) => scraped(one, productNamespace));
    const silent = some.map((one) => ({
      ...scraped(one, "acme"),
      name: `${one.name}: a tenant's`,
      promql_expr_test: one.promql_expr_test.map((asked) => ({ ...asked, exp_samples: [] })),
    }));
    expect(some.length).toBeGreaterThan(6);
    const scrapedCases = { ...tried, rule_files: ["rules.json"], tests: [...own, ...silent] };
    const files = { "rules.json": rules.spec, "cases.json": scrapedCases };
    expect(await promtoolOn("test", files, ["cases.json"])).toContain("SUCCESS");
  }, 240_000);

  test("differ from the file's in these matchers alone, which stand at every series", async () => {
    const matchers = `job=~"companyos-(operator|webhook|notary)",namespace="${productNamespace}"`;
    const exprs = rules.spec.groups
      .flatMap((group: Manifest) => group.rules)
      .map(({ expr }: Manifest) => expr);
    const stripped = exprs.map((expr: string) =>
      expr.replaceAll(`{${matchers}}`, "").replaceAll(`{${matchers},`, "{"),
    );
    expect(stripped).toEqual(written);
    for (const expr of exprs) {
      const names = expr.match(/\b(?:residency_\w+|tenants_\w+|up|process_start_time_seconds)\b/g) ?? [];
      expect([expr, expr.split(matchers).length - 1]).toEqual([expr, names.length]);
    }
    expect(await promtoolOn("check", { "rules.json": rules.spec })).toContain("SUCCESS");
  });

  test("are the file's own, where nobody says how their series are labelled", async () => {
    const exprOf = async (monitoring: object) =>
      (await renderChart({ monitoring }))
        .find(({ kind }) => kind === "PrometheusRule")!
        .spec.groups.flatMap(({ rules }: Manifest) => rules)
        .map(({ expr }: Manifest) => expr);
    expect(await exprOf({ rules: { enabled: true } })).toEqual(written);
    const said = await exprOf({ rules: { enabled: true, selector: 'job="r$1"' } });
    expect(said).toContain('residency_log_halted{job="r$1"} == 1');
    expect(said).toContain('residency_nodes{job="r$1",state="mismatch"} > 0');
  });
});

test("every alert has both cases, and every metric it names is one of ours", async () => {
  const tried = await readFile(cases, "utf8");
  expect(alertNames.length).toBeGreaterThan(0);
  for (const name of alertNames) {
    expect(tried).toContain(`name: "${name} fires"`);
    expect(tried).toContain(`name: "${name} is silent"`);
  }
  const known = new Set([catalogue, metricsToCome].flatMap(Object.keys));
  const named = alertRules.flatMap(({ expr }) => metricsIn(expr));
  expect(named.length).toBeGreaterThan(alertNames.length);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test("the dashboard counts the first refusal of a series, and no other twice", async () => {
  const refused = dashboardQueries().find(({ title }) => title === "Placements refused")!;
  const series = (tenant: string, values: string) => ({
    series: `residency_cross_region_block_total{tenant="${tenant}"}`,
    values,
  });
  // An hour is looked at, two hours after the begin. increase() extrapolates, so it is not whole.
  const expected = {
    expr: `round(${refused.expr})`,
    eval_time: "2h",
    exp_samples: [{ labels: "{}", value: 3 }],
  };
  const input_series = [series("first", "_x90 1x90"), series("again", "5x90 7x90"), series("old", "9x200")];
  const tried = { interval: "1m", input_series, promql_expr_test: [expected] };
  expect(await promtoolOn("test", { "case.json": { tests: [tried] } })).toContain("SUCCESS");
}, 60_000);
