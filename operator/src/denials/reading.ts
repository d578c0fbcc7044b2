import { admissionPrefix, group } from "@companyos/crds";

/** What one API server said of itself at one moment. */
export interface Reading {
  /** When the process began, by its own clock, in hundredths of a second since the epoch; 0 when it does not say. */
  readonly started: number;
  /**
   * Since then, under the name of each of our policies: its checks that refused a request; under the name of each of
   * our webhooks: requests that went on because it gave no answer. The names differ: `companyos-…`, `….companyos.io`.
   */
  readonly counted: ReadonlyMap<string, number>;
}

/** Lines of the page that are read at all: of a large cluster's many megabytes, a few. */
export function isRead(line: string): boolean {
  return (
    line.startsWith("apiserver_validating_admission_policy_check_total{") ||
    line.startsWith("apiserver_admission_webhook_fail_open_count{") ||
    line.startsWith("process_start_time_seconds ")
  );
}

const started = /^process_start_time_seconds (\S+)$/m;
const counters =
  /^apiserver_(validating_admission_policy_check_total|admission_webhook_fail_open_count)\{([^}]*)\} (\S+)$/gm;

/** True when the name is that of a webhook of ours, and not of a policy. */
export function isWebhook(name: string): boolean {
  return name.endsWith(`.${group}`);
}

/**
 * Reads the API server's `/metrics` (Prometheus text format). A request that fails two checks counts in both; dry
 * runs count too. Bindings, kinds of error and kinds of webhook are added up. Pure.
 */
export function readMetrics(text: string): Reading {
  const counted = new Map<string, number>();
  for (const [, counter, labels = "", value] of text.matchAll(counters)) {
    const ofPolicies = counter!.startsWith("validating_admission_policy");
    if (ofPolicies && !labels.includes('enforcement_action="deny"')) continue;
    const name = (ofPolicies ? /(?:^|,)policy="([^"\\]+)"/ : /(?:^|,)name="([^"\\]+)"/).exec(labels)?.[1];
    const count = Number(value);
    if (!name || !Number.isSafeInteger(count) || count <= 0) continue;
    if (ofPolicies ? name.startsWith(admissionPrefix) : isWebhook(name))
      counted.set(name, (counted.get(name) ?? 0) + count);
  }
  const seconds = Number(started.exec(text)?.[1] ?? 0);
  return { started: Number.isFinite(seconds) ? Math.round(seconds * 100) : 0, counted };
}
