import {
  group,
  isPodsWebhook,
  pinPolicyName,
  placementWebhookNames,
  policyNames,
  repinPolicyName,
  unclaimedWebhookName,
} from "@companyos/crds";

/** Those of our webhooks that decide: what they do not respond to goes on without a decision. */
export const webhookNames: readonly string[] = [
  ...Object.values(placementWebhookNames),
  unclaimedWebhookName,
];

/** What one API server said of itself at one moment. */
export interface Reading {
  /** When the process began, by its own clock, in hundredths of a second since the epoch; 0 when it does not say. */
  readonly started: number;
  /**
   * Since then, under the name of each of our policies: its checks that refused a request (a mutating one refuses what
   * it cannot evaluate); under the name of each of
   * our webhooks: requests that went on because it did not respond. The names differ: `companyos-…`, `….companyos.io`.
   */
  readonly counted: ReadonlyMap<string, number>;
}

/** Lines of the page that are read at all: of a large cluster's many megabytes, a few. */
export function isRead(line: string): boolean {
  return (
    line.startsWith("apiserver_validating_admission_policy_check_total{") ||
    line.startsWith("apiserver_mutating_admission_policy_check_total{") ||
    line.startsWith("apiserver_admission_match_condition_evaluation_errors_total{") ||
    line.startsWith("apiserver_admission_webhook_fail_open_count{") ||
    line.startsWith("process_start_time_seconds ")
  );
}

const mutating = [pinPolicyName, repinPolicyName];
const started = /^process_start_time_seconds (\S+)$/m;
const samples = /^apiserver_(\w+)\{([^}]*)\} (\S+)$/gm;

/** Whose refusals, or silence, a sample counts; undefined when it is none of ours. */
const counters: Readonly<Record<string, (labels: string) => string | undefined>> = {
  validating_admission_policy_check_total: (labels) =>
    labels.includes('enforcement_action="deny"') ? policy(label(labels, "policy")) : undefined,
  // With `failurePolicy: Fail`, what could not be evaluated is refused; the others went through.
  mutating_admission_policy_check_total: (labels) =>
    labels.includes('error_type="no_error"') ? undefined : policy(label(labels, "policy")),
  // Of a validating policy they are among its checks; of a mutating one they are counted nowhere else.
  admission_match_condition_evaluation_errors_total: (labels) =>
    labels.includes('kind="policy"') ? mutating.find((name) => label(labels, "name") === name) : undefined,
  admission_webhook_fail_open_count: (labels) => {
    const name = label(labels, "name");
    if (name === undefined) return undefined;
    if (isPodsWebhook(name)) return placementWebhookNames.pods;
    return webhookNames.includes(name) ? name : undefined;
  },
};

function label(labels: string, name: string): string | undefined {
  return new RegExp(`(?:^|,)${name}="([^"\\\\]+)"`).exec(labels)?.[1];
}

function policy(name: string | undefined): string | undefined {
  return name !== undefined && policyNames.includes(name) ? name : undefined;
}

/** Of a name that was counted, by this release or one before: true when it is a webhook's, and not a policy's. */
export function isWebhook(name: string): boolean {
  return name.endsWith(`.${group}`);
}

/**
 * Reads the API server's `/metrics` (Prometheus text format). A request that fails two checks counts in both; dry
 * runs count too. Bindings, kinds of error and kinds of webhook are added up. Pure.
 */
export function readMetrics(text: string): Reading {
  const counted = new Map<string, number>();
  for (const [, counter = "", labels = "", value] of text.matchAll(samples)) {
    const name = Object.hasOwn(counters, counter) ? counters[counter]!(labels) : undefined;
    const count = Number(value);
    if (name === undefined || !Number.isSafeInteger(count) || count <= 0) continue;
    counted.set(name, (counted.get(name) ?? 0) + count);
  }
  const seconds = Number(started.exec(text)?.[1] ?? 0);
  return { started: Number.isFinite(seconds) ? Math.round(seconds * 100) : 0, counted };
}
