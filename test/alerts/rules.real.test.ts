import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { catalogue } from "@companyos/service/catalogue";
import { expect, test } from "@jest/globals";
import { dashboardQueries } from "./dashboard.ts";
import { alertNames, rulesText } from "./rule-file.ts";

const run = promisify(execFile);
const cases = fileURLToPath(new URL("alerts.test.yaml", import.meta.url));

test("each alert fires on what it is for, and is silent when all is well", async () => {
  const { stdout } = await run(await ensureTool("promtool"), ["test", "rules", cases]);
  expect(stdout).toContain("SUCCESS");
}, 600_000);

test("every alert has both cases, and every metric it names is one of ours", async () => {
  const tried = await readFile(cases, "utf8");
  expect(alertNames.length).toBeGreaterThan(0);
  for (const name of alertNames) {
    expect(tried).toContain(`name: "${name} fires"`);
    expect(tried).toContain(`name: "${name} is silent"`);
  }
  // Comes with bulk imports: until then its alert is silent.
  const known = new Set([...Object.keys(catalogue), "tenants_bulk_import_failed_total"]);
  const named = Array.from(rulesText.matchAll(/expr: '([^']*)'/g), ([, expr]) => expr!).flatMap(
    (expr) => expr.match(/\b(?:residency|tenants)_\w+/g) ?? [],
  );
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test("the dashboard counts the first refusal of a series, and no other twice", async () => {
  const refused = dashboardQueries().find(({ title }) => title === "Placements refused")!;
  const series = (tenant: string, values: string) => ({
    series: `residency_cross_region_block_total{tenant="${tenant}"}`,
    values,
  });
  const folder = await mkdtemp(join(tmpdir(), "companyos-promtool-"));
  try {
    const file = join(folder, "case.json");
    // An hour is looked at, two hours after the begin. increase() extrapolates, so it is not whole.
    const expected = {
      expr: `round(${refused.expr})`,
      eval_time: "2h",
      exp_samples: [{ labels: "{}", value: 3 }],
    };
    const input_series = [series("first", "_x90 1x90"), series("again", "5x90 7x90"), series("old", "9x200")];
    const tried = { interval: "1m", input_series, promql_expr_test: [expected] };
    await writeFile(file, JSON.stringify({ tests: [tried] }));
    const { stdout } = await run(await ensureTool("promtool"), ["test", "rules", file]);
    expect(stdout).toContain("SUCCESS");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 60_000);
