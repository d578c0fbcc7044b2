/** Metrics of the operator. */
import type { Catalogue } from "./entry.ts";

export const operatorMetrics = {
  residency_admission_objects_written_total: {
    type: "counter",
    components: ["operator"],
    labels: ["kind", "name", "why"],
    says: "policies, bindings and webhook configurations written, by `why`: `installed`, `updated` (nodes or tenants changed), `restored` (somebody else had changed or deleted them)",
  },
  residency_admission_objects_contested: {
    type: "gauge",
    components: ["operator"],
    labels: ["kind", "name"],
    says: "1 while an object stays as somebody else changed it, because they change it again and again: the operator restores it after a pause",
  },
  residency_in_process_generation: {
    type: "gauge",
    components: ["operator"],
    labels: ["kind", "name"],
    says: "generation of each in-process policy as last seen; in force about a second later",
  },
  residency_in_process_left_out: {
    type: "gauge",
    components: ["operator"],
    labels: ["what"],
    says: "nodes and names that no longer fit the policies; 0 below some 10,000 nodes. `region-sets`: sets of allowed regions beyond 64, whose refused pods are counted without a name",
  },
  residency_denied_in_process_total: {
    type: "counter",
    components: ["operator"],
    labels: ["policy"],
    says: "checks of in-process policies that refused a request, as the receipts account for them",
  },
  residency_undecided_total: {
    type: "counter",
    components: ["operator"],
    labels: ["webhook"],
    says: "requests that went on without the webhook's decision, as the receipts account for them",
  },
  residency_certificate_expires_timestamp_seconds: {
    type: "gauge",
    components: ["operator"],
    labels: ["secret"],
    says: "when the authority and each serving certificate expires",
  },
  residency_certificate_renewal_timestamp_seconds: {
    type: "gauge",
    components: ["operator"],
    labels: ["secret"],
    says: "when the authority and each serving certificate is to be replaced: after two thirds of its life, or as `certificates.renewBefore` says",
  },
  residency_workloads_left: {
    type: "gauge",
    components: ["operator"],
    labels: ["tenant"],
    says: "workloads that are not brought to their tenant's regions and mode yet; [of the tenants with most](#labels-and-how-many-series-there-are)",
  },
  residency_workloads_rolled_total: {
    type: "counter",
    components: ["operator"],
    labels: ["kind"],
    says: "workloads whose template the operator changed for that",
  },
  residency_tenants_waiting: {
    type: "gauge",
    components: ["operator"],
    labels: [],
    says: "tenants whose workloads wait [until those of others are replaced](#many-tenants-at-once)",
  },
  residency_placements_outside: {
    type: "gauge",
    components: ["operator"],
    labels: ["tenant"],
    says: "pods that run now where their tenant may not: static pods, pods from before a policy narrowed, modes `Warn` and `Audit`; [of the tenants with most](#labels-and-how-many-series-there-are)",
  },
  residency_receipts_owed: {
    type: "gauge",
    components: ["operator"],
    labels: ["region"],
    says: "receipts (changes of plan, handovers, nodes, restored policies, refusals in process, placements) that wait for the journal of a region's log. A region without a notary is owed them until it has one",
  },
  residency_receipts_owed_oldest_seconds: {
    type: "gauge",
    components: ["operator"],
    labels: ["region"],
    says: "how long the oldest receipt has waited for the journal of a region's log",
  },
  residency_receipts_given_up_total: {
    type: "counter",
    components: ["operator"],
    labels: ["type"],
    says: "such receipts that waited until more than 100 did for one tenant or node (10,000 for what the API server counts, and for one policy), more than 50,000 for one controller, or for 90 days: no log will have them; the operator's log says whose",
  },
  residency_state_lines_damaged_total: {
    type: "counter",
    components: ["operator"],
    labels: ["controller"],
    says: "lines of what it remembers that it could not read when it came to lead. The file as it was lies beside it (`state/NAME.jsonl.damaged`); what the lines said is recorded again, or owed no more",
  },
  residency_nodes: {
    type: "gauge",
    components: ["operator"],
    labels: ["region", "state"],
    says: "nodes by region and by who vouches for them",
  },
  residency_tenants: {
    type: "gauge",
    components: ["operator"],
    labels: ["ready"],
    says: "Tenants by the status of their condition `Ready`: `True`, `False`, `Unknown`",
  },
} as const satisfies Catalogue;
