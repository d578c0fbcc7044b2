import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { catalogue } from "@companyos/service/catalogue";
import { expect, test } from "@jest/globals";

const run = promisify(execFile);
const cases = fileURLToPath(new URL("alerts.test.yaml", import.meta.url));
const rules = fileURLToPath(new URL("../../charts/companyos/files/alerts.yaml", import.meta.url));

test("each alert fires on what it is for, and is silent when all is well", async () => {
  const { stdout } = await run(await ensureTool("promtool"), ["test", "rules", cases]);
  expect(stdout).toContain("SUCCESS");
}, 600_000);

test("every alert has both cases, and every metric it names is one of ours", async () => {
  const [text, tried] = await Promise.all([readFile(rules, "utf8"), readFile(cases, "utf8")]);
  const alerts = Array.from(text.matchAll(/- alert: (\w+)/g), ([, name]) => name!);
  expect(alerts.length).toBeGreaterThan(0);
  for (const name of alerts) {
    expect(tried).toContain(`name: "${name} fires"`);
    expect(tried).toContain(`name: "${name} is silent"`);
  }
  // Comes with bulk imports: until then its alert is silent.
  const known = new Set([...Object.keys(catalogue), "tenants_bulk_import_failed_total"]);
  const named = Array.from(text.matchAll(/expr: '([^']*)'/g), ([, expr]) => expr!).flatMap(
    (expr) => expr.match(/\b(?:residency|tenants)_\w+/g) ?? [],
  );
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});
