/** The table of alerts in docs/operations.md, by the rules that Prometheus reads: they stand once. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";

interface Rules {
  readonly groups: readonly { readonly rules: readonly Rule[] }[];
}

interface Rule {
  readonly alert: string;
  readonly expr: string;
  /** A duration of Prometheus, such as `5m`; `0m`: at once. */
  readonly for: string;
  readonly labels: { readonly severity: string };
  /** `runbook`: its page, by the path below docs/. */
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const root = join(import.meta.dirname, "..", "..", "..");
const path = "docs/operations.md";
const begins =
  "<!-- Alerts, from charts/companyos/files/alerts.yaml by `npm run generate`; do not edit up to the next mark. -->";
const ends = "<!-- End of the alerts. -->";

export async function generated(): Promise<{ path: string; content: string }[]> {
  const [page, rules] = await Promise.all(
    [path, "charts/companyos/files/alerts.yaml"].map((file) => readFile(join(root, file), "utf8")),
  );
  const [from, to] = [page!.indexOf(begins), page!.indexOf(ends)];
  if (from < 0 || to < from) throw new Error(`${path} has lost the marks between which the alerts stand`);
  const table = tableOf((load(rules!) as Rules).groups.flatMap(({ rules }) => rules));
  return [{ path, content: `${page!.slice(0, from)}${begins}\n${table}\n${page!.slice(to)}` }];
}

function tableOf(rules: readonly Rule[]): string {
  const rows = rules.map(({ alert, expr, labels, annotations, ...rule }) => {
    const lasting = rule.for === "0m" ? "" : ` for ${rule.for}`;
    return `| [${alert}](${annotations.runbook}) | ${labels.severity} | ${annotations.summary} | ${shown(alert, expr)}${lasting} |`;
  });
  return ["", "| alert | severity | says | when |", "| --- | --- | --- | --- |", ...rows, ""].join("\n");
}

/** Nobody reads long ones in a table. */
function shown(alert: string, expr: string): string {
  if (expr.length <= 200) return `\`${expr.replaceAll("|", "\\|")}\``;
  return /Burn(Fast|Slow)$/.test(alert)
    ? "burn rate over several windows"
    : "several conditions: see the rule";
}
