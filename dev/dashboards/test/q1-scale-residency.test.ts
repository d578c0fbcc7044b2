import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { q1ScaleResidency } from "../src/q1-scale-residency.ts";

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly datasource: object }[];
}

const root = fileURLToPath(new URL("../../..", import.meta.url));
const dashboard = q1ScaleResidency();
const panels = (dashboard.panels ?? []) as readonly Panel[];
const shown = panels.filter(({ type }) => type !== "row");
const expressions = shown.flatMap(({ targets }) => targets!.map(({ expr }) => expr));
const metricsOf = (expr: string) => expr.match(/\b(residency|flow|tenant|tenants)_[a-z_]+[a-z]\b/g) ?? [];

/** The release's names of what no process says yet; its panels say what they come with. */
const toCome = [
  "tenant_storage_cost_estimate_usd",
  "tenants_bulk_import_failed_total",
  "tenants_bulk_import_success_total",
];

test("every metric that is asked for is documented, or is one to come that nothing says yet", () => {
  const page = readFileSync(join(root, "docs/operations.md"), "utf8");
  const asked = [...new Set(expressions.flatMap(metricsOf))];
  expect(asked.length).toBeGreaterThan(12);
  const unknown = asked.filter((name) => !page.includes(`\`${name.replace(/_bucket$/, "")}`));
  expect(unknown.toSorted()).toEqual(toCome);
  const sources = globSync("{webhook,operator,notary,packages}/**/src/**/*.ts", {
    cwd: root,
    exclude: ["**/node_modules/**"],
  }).map((file) => readFileSync(join(root, file), "utf8"));
  expect(toCome.filter((name) => sources.some((text) => text.includes(name)))).toEqual([]);
});

test("what the release names is there, under its names", () => {
  expect(dashboard.title).toBe("Q1 Scale & Residency");
  expect(shown.map(({ title }) => title)).toEqual(
    expect.arrayContaining(["Critical p95 (ms)", "Storage Cost — Pilots", "Bulk Imports Succeeded"]),
  );
  expect(shown.flatMap(({ description }) => description ?? [])).toHaveLength(shown.length);
});

test("every panel asks the source that is chosen, and none lies over another", () => {
  const sources = new Set(
    shown.flatMap(({ targets }) => targets!.map((target) => JSON.stringify(target.datasource))),
  );
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana fills it in
  expect([...sources]).toEqual([JSON.stringify({ type: "prometheus", uid: "${datasource}" })]);
  const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
    Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)},${y + Math.floor(cell / w)}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(panels.filter(({ gridPos: { x, w } }) => x + w > 24)).toEqual([]);
});
