/** The rules that the chart installs, as Prometheus reads them. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const ruleFile = fileURLToPath(new URL("../../charts/companyos/files/alerts.yaml", import.meta.url));
export const rulesText = readFileSync(ruleFile, "utf8");
/** Names of all alerts, in their order. */
export const alertNames: readonly string[] = Array.from(
  rulesText.matchAll(/- alert: (\w+)/g),
  ([, name]) => name as string,
);
