import {
  type Dashboard,
  DashboardBuilder,
  DashboardCursorSync,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  RowBuilder,
  VariableRefresh,
  VariableSort,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { chart, datasource, stacked, stat } from "./panels.ts";

const blocks = 'residency_cross_region_block_total{tenant=~"$tenant"}';
const perSecond = "[$__rate_interval]";
const range = "$__range";
const inRange = `[${range}]`;

const glance = [
  stat({
    title: "Critical p95 (ms)",
    description: "Of all critical flows together: 19 of 20 took no longer. Each by itself is below.",
    queries: { p95: `histogram_quantile(0.95, sum(rate(flow_latency_ms_bucket${perSecond})) by (le))` },
    unit: "ms",
  }),
  stat({
    title: "Placements refused",
    description: "In the time that is looked at. Each has a receipt: companyos receipts list --tenant NAME",
    // A series begins with its first refusal, which increase() does not see: one that is new counts whole.
    queries: {
      refused: `sum((${blocks} unless ${blocks} offset ${range}) or increase(${blocks}${inRange}))`,
    },
    unit: "short",
  }),
  stat({
    title: "Runs outside now",
    description: "Pods where their tenant may not be: older than the rule, static, or in mode Warn or Audit.",
    queries: { outside: 'sum(residency_placements_outside{tenant=~"$tenant"})' },
    unit: "short",
    noValue: "0",
    warnsAt: [1, 10],
  }),
  stat({
    title: "Evidence lag",
    description:
      "How long the oldest record of any journal has waited for its notary, or the oldest committed receipt of any log for a checkpoint.",
    queries: {
      lag: 'max({__name__=~"residency_journal_backlog_oldest_seconds|residency_log_checkpoint_age_seconds"})',
    },
    unit: "s",
    warnsAt: [60, 300],
  }),
  stat({
    title: "Refused without a receipt",
    description:
      "In the time that is looked at. The refusals stood; docs/operations.md says why they left none.",
    queries: { unrecorded: `sum(increase(residency_unrecorded_block_total${inRange}))` },
    unit: "short",
    noValue: "0",
    warnsAt: [1, 10],
  }),
  stat({
    title: "Logs halted, notaries away",
    description:
      "A halted log takes nothing until a person has looked: docs/operations.md, The log needs a person. A notary is away for who does not reach it.",
    queries: {
      halted: "sum(residency_log_halted)",
      away: "sum(min by (region) (residency_notary_reachable) == bool 0)",
    },
    unit: "short",
    warnsAt: [1, 1],
  }),
];

const flows = [
  chart({
    title: "p95 of each flow",
    description: "admission is what a user waits for, receipt-to-checkpoint how far evidence lags behind.",
    queries: {
      "{{flow}}": `histogram_quantile(0.95, sum by (le, flow) (rate(flow_latency_ms_bucket${perSecond})))`,
    },
    unit: "ms",
  }),
  stacked({
    title: "Requests decided",
    description: "By the webhook, without dry runs.",
    queries: { "{{verdict}}": `sum by (verdict) (rate(residency_admission_total${perSecond}))` },
    unit: "reqps",
  }),
  chart({
    title: "What went wrong",
    description: "Mistakes inside the product, and requests that went on because no webhook responded.",
    queries: {
      "fault: {{where}}": `sum by (where) (rate(residency_faults_total${perSecond}))`,
      "undecided: {{webhook}}": `sum by (webhook) (rate(residency_undecided_total${perSecond}))`,
    },
    unit: "reqps",
    noValue: "nothing",
  }),
];

const refusals = [
  stacked({
    title: "Refused, by tenant",
    description: "A tenant far above the others is mostly one pipeline that does not read its responses.",
    queries: { "{{tenant}}": `sum by (tenant) (rate(${blocks}${perSecond}))` },
    unit: "reqps",
  }),
  stacked({
    title: "Refused, by region",
    description: "From the tenant's home region to the one asked for.",
    queries: { "{{from}} → {{to}}": `sum by (from, to) (rate(${blocks}${perSecond}))` },
    unit: "reqps",
  }),
  stacked({
    title: "Refused, by reason",
    description: "companyos explain CODE prints what a reason means and what to do.",
    queries: {
      "{{reason}}": `sum by (reason) (rate(residency_admission_total{verdict="block"}${perSecond}))`,
    },
    unit: "reqps",
  }),
];

const evidence = [
  chart({
    title: "Evidence lag, by region",
    description:
      "How long events wait for the journal of their log, records in a journal for their notary, and committed receipts for a checkpoint.",
    queries: {
      "{{region}}: journal": "max by (region) (residency_journal_backlog_oldest_seconds)",
      "{{region}}: checkpoint": "max by (region) (residency_log_checkpoint_age_seconds)",
      "{{region}}: owed": "max by (region) (residency_receipts_owed_oldest_seconds)",
    },
    unit: "s",
  }),
  chart({
    title: "Waiting, by region",
    description:
      "Records in journals that their notary does not have, those that it has and has not committed, and receipts that wait for a journal.",
    queries: {
      "{{region}}: journal": "sum by (region) (residency_journal_backlog_records)",
      "{{region}}: queue": "sum by (region) (residency_log_queue)",
      "{{region}}: owed": "sum by (region) (residency_receipts_owed)",
    },
    unit: "short",
  }),
  stacked({
    title: "Receipts committed",
    description: "By type, over all regions.",
    queries: { "{{type}}": `sum by (type) (rate(residency_receipts_total${perSecond}))` },
    unit: "short",
  }),
];

const running = [
  chart({
    title: "Runs outside, by tenant",
    description: "Pods that run where their tenant may not be.",
    queries: { "{{tenant}}": 'sum by (tenant) (residency_placements_outside{tenant=~"$tenant"})' },
    unit: "short",
    noValue: "nothing runs outside",
  }),
  chart({
    title: "Workloads left, by tenant",
    description:
      "Not brought to their tenant's regions and mode yet: kubectl get tenants -o yaml says which.",
    queries: { "{{tenant}}": 'sum by (tenant) (residency_workloads_left{tenant=~"$tenant"})' },
    unit: "short",
    noValue: "none is left",
  }),
  stacked({
    title: "Nodes, by region",
    description: "And by who vouches for where they stand.",
    queries: { "{{region}} {{state}}": "sum by (region, state) (residency_nodes)" },
    unit: "short",
  }),
];

const partners = [
  chart({
    title: "Storage Cost — Pilots",
    description: "What each tenant's evidence costs to keep.",
    queries: { "{{tenant}}": 'sum(tenant_storage_cost_estimate_usd{tenant=~"$tenant"}) by (tenant)' },
    unit: "currencyUSD",
    noValue: "comes with tiering",
  }),
  stat({
    title: "Bulk Imports Succeeded",
    description: "In the last day.",
    queries: { succeeded: "sum(increase(tenants_bulk_import_success_total[1d]))" },
    unit: "short",
    noValue: "comes with imports",
  }),
  stat({
    title: "Bulk Imports Failed",
    description: "In the last day.",
    queries: { failed: "sum(increase(tenants_bulk_import_failed_total[1d]))" },
    unit: "short",
    noValue: "comes with imports",
  }),
];

const rows = {
  "At a glance": glance,
  Flows: flows,
  Refusals: refusals,
  Evidence: evidence,
  "What runs": running,
  "Partners and cost": partners,
};

/** The release's dashboard, as Grafana imports it. */
export function q1ScaleResidency(): Dashboard {
  const dashboard = new DashboardBuilder("Q1 Scale & Residency")
    .uid("companyos-q1-scale-residency")
    .description("Where tenants are kept, what was refused, and whether there is evidence of it.")
    .tags(["companyos", "residency"])
    .timezone("browser")
    .time({ from: "now-6h", to: "now" })
    .refresh("1m")
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder("datasource").label("Prometheus").type("prometheus"))
    .withVariable(
      new QueryVariableBuilder("tenant")
        .label("Tenant")
        .datasource(datasource)
        .query("label_values(residency_cross_region_block_total, tenant)")
        .refresh(VariableRefresh.OnTimeRangeChanged)
        .sort(VariableSort.AlphabeticalAsc)
        .multi(true)
        .includeAll(true)
        .current({ selected: true, text: "All", value: "$__all" })
        .allValue(".*"),
    );
  for (const [title, panels] of Object.entries(rows)) {
    dashboard.withRow(new RowBuilder(title));
    for (const panel of panels) dashboard.withPanel(panel);
  }
  return dashboard.build();
}
