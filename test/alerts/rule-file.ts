/** The rules that the chart installs, as Prometheus reads them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { catalogue, metricsToCome } from "@companyos/service/catalogue";
import { load } from "js-yaml";

export interface AlertRule {
  readonly alert: string;
  readonly expr: string;
}

interface RuleFile {
  readonly groups: readonly { readonly name: string; readonly rules: readonly AlertRule[] }[];
}

const ruleFile = fileURLToPath(new URL("../../charts/companyos/files/alerts.yaml", import.meta.url));
export const rulesText = readFileSync(ruleFile, "utf8");
export const ruleGroups = (load(rulesText) as RuleFile).groups;
export const alertRules = ruleGroups.flatMap(({ rules }) => rules);
/** Names of all alerts, in their order. */
export const alertNames: readonly string[] = alertRules.map(({ alert }) => alert);

/** Names of metrics as ours are called, of those that a query asks for; a histogram's by its own. */
export function metricsIn(expr: string): readonly string[] {
  const names = expr.match(/\b(?:residency|flow|tenants?)_\w+/g) ?? [];
  return names.map((name) =>
    Object.hasOwn(catalogue, name) ? name : name.replace(/_(bucket|sum|count)$/, ""),
  );
}

/** Whether it asks for something that no process says yet. */
export const isToCome = (expr: string): boolean =>
  metricsIn(expr).some((name) => Object.hasOwn(metricsToCome, name));
