import { flowLatency } from "@companyos/kube";
import type { Registry } from "prom-client";
import { Counter, Gauge, type Histogram } from "prom-client";

/** What people alert on. Registered once for a registry. */
export interface AdmissionMetrics {
  /** Every refusal answered, dry runs apart. Equals the refusals counted in receipts plus `unrecorded`. */
  readonly blocked: Counter<"tenant" | "from" | "to" | "kind">;
  /** Refusals answered without a receipt: there was no plan to record under, or the journal refused. */
  readonly unrecorded: Counter<"reason">;
  readonly answered: Counter<"verdict" | "reason">;
  readonly latency: Histogram<"flow">;
}

export function admissionMetrics(registry: Registry, openWindows: () => number): AdmissionMetrics {
  const registers = [registry];
  new Gauge({
    name: "residency_repeat_windows",
    help: "Refused attempts whose repeats are being counted under one receipt",
    registers,
    collect() {
      this.set(openWindows());
    },
  });
  return {
    blocked: new Counter({
      name: "residency_cross_region_block_total",
      help: "Requests refused, each once: tenant, its home region, the regions asked for beyond the allowed ones, kind",
      labelNames: ["tenant", "from", "to", "kind"],
      registers,
    }),
    unrecorded: new Counter({
      name: "residency_unrecorded_block_total",
      help: "Requests refused for which no receipt could be made",
      labelNames: ["reason"],
      registers,
    }),
    answered: new Counter({
      name: "residency_admission_total",
      help: "Admission requests answered, dry runs apart",
      labelNames: ["verdict", "reason"],
      registers,
    }),
    latency: flowLatency(registry),
  };
}
