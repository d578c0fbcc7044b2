/** Metrics of the release that an alert or the dashboard asks for and no process has yet, with their labels. */
export const metricsToCome: Readonly<Record<string, readonly string[]>> = {
  tenant_storage_cost_estimate_usd: ["tenant"],
  tenants_bulk_import_failed_total: [],
  tenants_bulk_import_success_total: [],
};
