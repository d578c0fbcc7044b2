/** What the dashboard shows, by the metrics that there are. */
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { catalogue, metricsToCome } from "@companyos/service/catalogue";
import { expect, test } from "@jest/globals";
import { dashboardQueries, panelsToCome } from "./dashboard.ts";
import { alertRules, metricsIn } from "./rule-file.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const shown = new Set(dashboardQueries().flatMap(({ expr }) => metricsIn(expr)));

/** Of alerts, and on no panel: nothing to look at while all is well, since they fire at the first. */
const alertsAlone = [
  "residency_admission_objects_contested",
  "residency_admission_objects_written_total",
  "residency_build_info",
  "residency_certificate_expires_timestamp_seconds",
  "residency_certificate_renewal_timestamp_seconds",
  "residency_clock_ahead_seconds",
  "residency_in_process_left_out",
  "residency_journal_backlog_bytes",
  "residency_log_alarms_total",
  "residency_notary_refused_total",
  "residency_receipts_given_up_total",
  "residency_serving_certificate_late_timestamp_seconds",
  "residency_state_lines_damaged_total",
  "residency_tenants",
  "residency_unaccounted_answers_total",
  "residency_unrecorded_allow_total",
  "residency_webhook_faults_total",
  "residency_webhook_strangers_total",
];

test("every metric that a panel asks for is in the catalogue, or is one to come", () => {
  expect(shown.size).toBeGreaterThan(12);
  const unknown = [...shown].filter((name) => !Object.hasOwn(catalogue, name));
  expect(unknown.toSorted()).toEqual(Object.keys(metricsToCome).toSorted());
  expect(panelsToCome).toHaveLength(3);
});

test("what is to come, nothing says yet", () => {
  const sources = globSync("{webhook,operator,notary,packages}/**/src/**/*.ts", {
    cwd: root,
    exclude: ["**/node_modules/**"],
  })
    .filter((file) => !file.endsWith("/catalogue/to-come.ts"))
    .map((file) => readFileSync(join(root, file), "utf8"));
  expect(sources.length).toBeGreaterThan(100);
  const said = Object.keys(metricsToCome).filter((name) => sources.some((text) => text.includes(name)));
  expect(said).toEqual([]);
});

test("what an alert goes by is on a panel, or is of alerts alone", () => {
  const named = new Set(alertRules.flatMap(({ expr }) => metricsIn(expr)));
  expect(named.size).toBeGreaterThan(30);
  expect([...named].filter((name) => !shown.has(name)).toSorted()).toEqual(alertsAlone);
});
