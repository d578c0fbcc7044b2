import type { Inventory } from "@companyos/inventory";
import { reasons } from "@companyos/policies";
import { BoundedCounter, type Clock, counter, flowLatency, gauge, type MetricName } from "@companyos/service";
import type { Counter, Histogram, Registry } from "prom-client";
import { unidentifiedReasons } from "./caller.ts";
import { unrecordedReasons } from "./unrecorded-reasons.ts";

type Held = {
  [N in MetricName<"gauge">]: N extends `residency_webhook_${string}` | "residency_repeat_windows"
    ? N
    : never;
}[MetricName<"gauge">];

/** What people alert on. Registered once for a registry. */
export interface AdmissionMetrics {
  /** Every request denied, dry runs apart. Of Tenants that there are, equals the refusals counted in receipts plus `unrecorded`. */
  readonly blocked: BoundedCounter<"tenant" | "from" | "to" | "kind">;
  /** Refused retries of controllers, of what was asked before the rule: among nobody's blocks. */
  readonly retried: BoundedCounter<"tenant">;
  /** Requests denied without a receipt: there was no plan to record under, or the journal refused. */
  readonly unrecorded: Counter<"reason">;
  /** Requests let through, in mode Warn or Audit or of what is older than Enforce, though the journal refused to record that. */
  readonly unrecordedAllowed: Counter<"mode" | "reason">;
  /** Responses without a receipt for which no `journal.gap` will make up, or none after a crash. */
  readonly unaccounted: Counter<"reason">;
  readonly responses: Counter<"verdict" | "reason">;
  readonly latency: Histogram<"flow">;
  /** Requests of somebody who is not taken for the API server, and connections that were cut: see `CutReason`. */
  readonly strangers: Counter<"why">;
  /** Reviews sent back because too much was under way; the API server asks again. */
  readonly busy: Counter<never>;
  /** Reviews refused because of a fault inside the webhook (`DECISION_FAILED`), dry runs too. The log has each. */
  readonly faults: Counter<never>;
  /** From now on a gauge tells how many connections there are of whom nothing is known. */
  countUnidentified(count: () => number): void;
  /** From now on gauges tell what requests hold together. */
  held(bytes: { readonly bodies: () => number; readonly decoded: () => number }): void;
}

/** Where no Tenant is meant that there is. */
export const unknownTenant = "unknown";

/** `inventory`: the series of Tenants that are gone go, some time later by `clock`. */
export function admissionMetrics(
  registry: Registry,
  inventory: Pick<Inventory, "tenant">,
  openWindows: () => number,
  clock?: Pick<Clock, "elapsed">,
): AdmissionMetrics {
  const isGone = (tenant: string) => tenant !== unknownTenant && inventory.tenant(tenant) === undefined;
  const tell = (name: Held, value: () => number) =>
    void gauge(registry, name, function () {
      this.set(value());
    });
  tell("residency_repeat_windows", openWindows);
  return {
    blocked: new BoundedCounter({
      counter: counter(registry, "residency_cross_region_block_total"),
      owner: "tenant",
      folds: ["kind", "to", "from"],
      isGone,
      clock,
    }),
    retried: new BoundedCounter({
      counter: counter(registry, "residency_controller_retries_total"),
      owner: "tenant",
      folds: [],
      isGone,
      clock,
    }),
    unrecorded: counter(registry, "residency_unrecorded_block_total", {
      reason: reasons.map(({ code }) => code),
    }),
    unrecordedAllowed: counter(registry, "residency_unrecorded_allow_total", {
      mode: ["Warn", "Audit"],
      reason: unrecordedReasons,
    }),
    unaccounted: counter(registry, "residency_unaccounted_answers_total", { reason: unrecordedReasons }),
    responses: counter(registry, "residency_admission_total"),
    latency: flowLatency(registry),
    strangers: counter(registry, "residency_webhook_strangers_total", { why: unidentifiedReasons }),
    busy: counter(registry, "residency_webhook_busy_total"),
    faults: counter(registry, "residency_webhook_faults_total"),
    countUnidentified: (count) => tell("residency_webhook_strangers", count),
    held({ bodies, decoded }) {
      tell("residency_webhook_body_bytes", bodies);
      tell("residency_webhook_decoded_bytes", decoded);
    },
  };
}
