/** Why an Event was written that is no condition's: those have their reasons. Stable, CamelCase; the Event's own note says more. */
export interface EventReason {
  /** Of what it is about. */
  readonly kind: string;
  readonly reason: string;
  readonly meaning: string;
}

const of = (kind: string, reason: string, meaning: string): EventReason => ({ kind, reason, meaning });

export const eventReasons: readonly EventReason[] = [
  of(
    "Tenant",
    "PlanChanged",
    "Where it may live, or its mode, changed; the note says from what and by which policies.",
  ),
  of(
    "Tenant",
    "FootprintRestored",
    "Somebody changed or deleted what the Tenant brings (a quota, a limit, a NetworkPolicy, a binding), and the operator put it back.",
  ),
  of("Tenant", "NamespaceAdopted", "A namespace was handed over to it, or made for it."),
  of("Tenant", "NamespaceReleased", "A namespace was let go: no rule of the Tenant's holds there any more."),
  of(
    "Tenant",
    "MadeBeforeTheRule",
    "Workloads from before a change of regions or mode run on as they were; `status.rollout` says which, and what each waits for.",
  ),
  of(
    "ValidatingAdmissionPolicy",
    "AdmissionRestored",
    "Somebody changed or deleted an admission object of ours, and the operator put it back.",
  ),
  of(
    "Deployment",
    "MetricsUnreadable",
    "The operator cannot read the API server's metrics, so refusals in process are not counted.",
  ),
];
