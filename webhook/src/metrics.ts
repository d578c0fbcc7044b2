import { counter, flowLatency, gauge } from "@companyos/service";
import type { Counter, Histogram, Registry } from "prom-client";

/** What people alert on. Registered once for a registry. */
export interface AdmissionMetrics {
  /** Every request denied, dry runs apart. Equals the refusals counted in receipts plus `unrecorded`. */
  readonly blocked: Counter<"tenant" | "from" | "to" | "kind">;
  /** Refused retries of controllers, of what was asked before the rule: among nobody's blocks. */
  readonly retried: Counter<"tenant">;
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

export function admissionMetrics(registry: Registry, openWindows: () => number): AdmissionMetrics {
  const tell = (name: string, help: string, value: () => number) =>
    void gauge(registry, {
      name,
      help,
      collect() {
        this.set(value());
      },
    });
  tell(
    "residency_repeat_windows",
    "Refused attempts whose repeats are being counted under one receipt",
    openWindows,
  );
  return {
    blocked: counter(registry, {
      name: "residency_cross_region_block_total",
      help: "Requests refused, each once: tenant, its home region, the regions asked for beyond the allowed ones, kind",
      labelNames: ["tenant", "from", "to", "kind"],
    }),
    retried: counter(registry, {
      name: "residency_controller_retries_total",
      help: "Refused retries of Kubernetes' own controllers, of what was asked before the tenant's regions or mode changed",
      labelNames: ["tenant"],
    }),
    unrecorded: counter(registry, {
      name: "residency_unrecorded_block_total",
      help: "Requests refused for which no receipt could be made",
      labelNames: ["reason"],
    }),
    unrecordedAllowed: counter(registry, {
      name: "residency_unrecorded_allow_total",
      help: "Requests let through in mode Warn or Audit, or of what is older than Enforce, for which no receipt could be made",
      labelNames: ["mode", "reason"],
    }),
    unaccounted: counter(registry, {
      // An installed name: dashboards and alerts know it.
      name: "residency_unaccounted_answers_total",
      help: "Responses without a receipt that could not even be counted durably",
      labelNames: ["reason"],
    }),
    responses: counter(registry, {
      name: "residency_admission_total",
      help: "Admission requests decided, dry runs apart",
      labelNames: ["verdict", "reason"],
    }),
    latency: flowLatency(registry),
    strangers: counter(registry, {
      name: "residency_webhook_strangers_total",
      help: "Requests that were not the API server's, by what gave them away; connections cut: crowd too many, too_fast opened too fast",
      labelNames: ["why"],
    }),
    busy: counter(registry, {
      name: "residency_webhook_busy_total",
      help: "Reviews sent back with 503 and Retry-After because too much was under way",
    }),
    faults: counter(registry, {
      name: "residency_webhook_faults_total",
      help: "Reviews refused because of a fault inside the webhook; its log has each, with the request's uid",
    }),
    countUnidentified: (count) =>
      tell("residency_webhook_strangers", "Connections over which nobody known has asked yet", count),
    held({ bodies, decoded }) {
      tell("residency_webhook_body_bytes", "Bytes of bodies that are read or worked on now", bodies);
      tell("residency_webhook_decoded_bytes", "Bytes that decoding them may take, as estimated", decoded);
    },
  };
}
