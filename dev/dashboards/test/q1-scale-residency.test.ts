import { expect, test } from "@jest/globals";
import { q1ScaleResidency } from "../src/q1-scale-residency.ts";

interface Panel {
  readonly type: string;
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly datasource: object }[];
}

const dashboard = q1ScaleResidency();
const panels = (dashboard.panels ?? []) as readonly Panel[];
const shown = panels.filter(({ type }) => type !== "row");

// That its metrics are ours: test/alerts/dashboard.test.ts.
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
