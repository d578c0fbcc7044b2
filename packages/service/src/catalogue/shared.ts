/** Metrics of several components. */
import type { Catalogue } from "./entry.ts";

export const sharedMetrics = {
  residency_serving_certificate_expires_timestamp_seconds: {
    type: "gauge",
    components: ["webhook", "notary"],
    labels: [],
    says: "when the certificate ends that this process serves now, which may be an older one than its Secret has; absent: it has none",
  },
  residency_serving_certificate_late_timestamp_seconds: {
    type: "gauge",
    components: ["webhook", "notary"],
    labels: [],
    says: "from when on it is late that this process serves that certificate: the last tenth of its life, or the last half of what `certificates.renewBefore` says",
  },
  residency_faults_total: {
    type: "counter",
    components: ["webhook", "operator", "notary"],
    labels: ["where"],
    says: "mistakes inside the product: in a `route`, a `decision` (the compiled policy), a `reconcile`, a listener of a `watch` or a plan compiled of what it saw, in the `background`, or one that ended the `process`; the log has each at level `error` with its cause and the request's id (the review's uid, the notary's `X-Request-Id`)",
  },
  residency_clock_ahead_seconds: {
    type: "gauge",
    components: ["webhook", "operator", "notary"],
    labels: [],
    says: "how far the process's clock is ahead of the API server's, below 0: behind",
  },
  flow_latency_ms: {
    type: "histogram",
    components: ["webhook", "operator", "notary"],
    labels: ["flow"],
    says: "time that a critical flow took from end to end, in milliseconds: `admission`, `reconcile`, `receipt-to-checkpoint`, `prove`",
  },
  residency_build_info: {
    type: "gauge",
    components: ["webhook", "operator", "notary"],
    labels: ["name", "version", "commit", "component"],
    says: "1: which build of what this process is. Absent: no such process runs",
  },
  residency_journal_backlog_records: {
    type: "gauge",
    components: ["webhook", "operator"],
    labels: ["region"],
    says: "records of the journal that the region's notary does not have yet; at 100,000 it is full",
  },
  residency_journal_backlog_bytes: {
    type: "gauge",
    components: ["webhook", "operator"],
    labels: ["region"],
    says: "what a region's part of the journal takes on disk; at 256 MiB it is full. Kept for open windows, some of it may be shipped already",
  },
  residency_journal_backlog_oldest_seconds: {
    type: "gauge",
    components: ["webhook", "operator"],
    labels: ["region"],
    says: "how long the oldest record has waited for the region's notary; 0: none waits",
  },
  residency_notary_reachable: {
    type: "gauge",
    components: ["webhook", "operator"],
    labels: ["region"],
    says: "1: the region's notary responded when it was asked last, at most a minute ago; 0: it did not, or was never reached",
  },
} as const satisfies Catalogue;
