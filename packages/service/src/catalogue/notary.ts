/** Metrics of a notary. */
import type { Catalogue } from "./entry.ts";

export const notaryMetrics = {
  residency_receipts_total: {
    type: "counter",
    components: ["notary"],
    labels: ["type", "decision"],
    says: "receipts committed",
  },
  residency_log_commits_lost_total: {
    type: "counter",
    components: ["notary"],
    labels: [],
    says: "commits that another writer was faster with",
  },
  residency_log_size: {
    type: "gauge",
    components: ["notary"],
    labels: ["region"],
    says: "receipts committed",
  },
  residency_log_published_size: {
    type: "gauge",
    components: ["notary"],
    labels: ["region"],
    says: "how many receipts the checkpoint that is out covers",
  },
  residency_log_checkpoint_age_seconds: {
    type: "gauge",
    components: ["notary"],
    labels: ["region"],
    says: "how long committed receipts have waited for a checkpoint; 0: none waits",
  },
  residency_log_queue: {
    type: "gauge",
    components: ["notary"],
    labels: ["region"],
    says: "records that wait to be committed",
  },
  residency_log_halted: {
    type: "gauge",
    components: ["notary"],
    labels: ["region"],
    says: "1: the log has [halted](#the-log-needs-a-person), and takes nothing until a person has looked",
  },
  residency_log_alarms_total: {
    type: "counter",
    components: ["notary"],
    labels: ["code"],
    says: "what needs a person",
  },
  residency_notary_refused_total: {
    type: "counter",
    components: ["notary"],
    labels: ["status"],
    says: "requests refused for who asked: 401 nobody, 403 without the right, 429 too often for nothing or too many at once",
  },
} as const satisfies Catalogue;
