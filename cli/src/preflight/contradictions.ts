/** Values that the chart's schema takes one by one, and its templates refuse together (`fail`). Pure. */
import type { chartDefaults } from "../chart/defaults.ts";

export type ChartDefaultPath = keyof typeof chartDefaults;

export interface Contradiction {
  /** As `--set` takes it. */
  readonly path: string;
  readonly why: string;
  readonly todo: string;
}

/** Seconds that a replica needs besides its shutdown delay; the chart's template `companyos.grace` has them, too. */
const drainSeconds = 40;

/** In the templates' words as far as they matter. That a log has no jurisdiction is said elsewhere. */
export function contradictions(value: <T>(path: ChartDefaultPath) => T): Contradiction[] {
  const found: Contradiction[] = [];
  const isWorking = value<boolean>("workloads.enabled");
  const replicas = value<number>("operator.replicas");
  if (isWorking && replicas > 1)
    found.push({
      path: "operator.replicas",
      why: `is ${replicas}, and there is one operator`,
      todo: 'set 1; where more are running, docs/operations.md, "There is one operator", has the way',
    });
  if (value("webhook.callers.mode") === "SecretPath" && value("webhook.whenUnavailable") === "strict")
    found.push({
      path: "webhook.callers.mode",
      why: "is SecretPath, which does not go with webhook.whenUnavailable: strict: there the API server quotes the path in its errors",
      todo: "set webhook.whenUnavailable: available, or webhook.callers.mode: ClientCertificate",
    });
  const grace = value<number>("webhook.terminationGracePeriodSeconds");
  const needed = drainSeconds + value<number>("webhook.shutdownDelaySeconds");
  if (isWorking && grace !== 0 && grace < needed)
    found.push({
      path: "webhook.terminationGracePeriodSeconds",
      why: `is ${grace}, and a replica that ends needs ${needed}: webhook.shutdownDelaySeconds, and ${drainSeconds} more`,
      todo: `set ${needed} or more, or leave it out`,
    });
  if (value("monitoring.podMonitor.enabled") && value("monitoring.serviceMonitor.enabled"))
    found.push({
      path: "monitoring.podMonitor.enabled",
      why: "is true beside monitoring.serviceMonitor.enabled: each pod would be scraped twice",
      todo: "enable one of them",
    });
  return found;
}
