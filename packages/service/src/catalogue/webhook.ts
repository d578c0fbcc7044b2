/** Metrics of the webhook. */
import type { Catalogue } from "./entry.ts";

export const webhookMetrics = {
  residency_cross_region_block_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["tenant", "from", "to", "kind"],
    says: "requests refused, each counted once; `to` is the region asked for, `several`, `unconstrained` or `unknown`; summed over replicas it equals the blocks in the receipts, of the Tenants that there are. [Beyond 10,000 series](#labels-and-how-many-series-there-are) labels are `_other`",
  },
  residency_admission_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["verdict", "reason"],
    says: "requests decided, dry runs apart",
  },
  residency_controller_retries_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["tenant"],
    says: "refused retries of Kubernetes' own controllers, of what was asked [before the tenant's regions or mode changed](#regions-or-mode-change): among nobody's blocks",
  },
  residency_unrecorded_block_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["reason"],
    says: "refusals without a receipt: no plan to log under, or no journal",
  },
  residency_unrecorded_allow_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["mode", "reason"],
    says: "let through in mode Warn or Audit, or of what is older than `Enforce`, without a receipt, because the journal refused; `reason`: `full`, `tenant_full`, `no_region_key`, `unavailable`, …",
  },
  residency_unaccounted_answers_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["reason"],
    says: "responses without a receipt for which no `journal.gap` will make up: not even the count could be kept",
  },
  residency_webhook_strangers_total: {
    type: "counter",
    components: ["webhook"],
    labels: ["why"],
    says: "requests that were not the API server's: `no_certificate`, `untrusted_certificate`, `other_subject`, `wrong_path`, `implausible`; connections cut: `crowd`, there were too many, `too_fast`, their address opened more than 2 a second",
  },
  residency_webhook_strangers: {
    type: "gauge",
    components: ["webhook"],
    labels: [],
    says: "connections over which nobody known has asked yet, at most 512, of them 256 of addresses that nobody known has",
  },
  residency_webhook_busy_total: {
    type: "counter",
    components: ["webhook"],
    labels: [],
    says: "reviews sent back with 503 because the bytes of all together were too many; the API server asks again",
  },
  residency_webhook_faults_total: {
    type: "counter",
    components: ["webhook"],
    labels: [],
    says: "reviews refused because of a fault inside the webhook (`DECISION_FAILED`); its log has each with the request's uid and the cause",
  },
  residency_webhook_body_bytes: {
    type: "gauge",
    components: ["webhook"],
    labels: [],
    says: "what reviews hold now, in bytes",
  },
  residency_webhook_decoded_bytes: {
    type: "gauge",
    components: ["webhook"],
    labels: [],
    says: "what it may take to decode the reviews that are held now, in bytes, as estimated",
  },
  residency_repeat_windows: {
    type: "gauge",
    components: ["webhook"],
    labels: [],
    says: "refused attempts whose repeats are being counted",
  },
} as const satisfies Catalogue;
