/**
 * Every reason code: stable names, one list. Decisions, receipts, metrics and docs/reason-codes.md speak these.
 * `message` is a sentence with the placeholders that `explain` fills in.
 */

import { maxExpressions, maxTerms } from "./limits.ts";

export interface Reason {
  readonly code: string;
  /** `allow`: goes through. `refuse`: blocked in Enforce, warned in Warn, recorded in Audit. `block`: blocked in any mode. `record`: only in receipts. `note`: said beside a decision. */
  readonly outcome: "allow" | "refuse" | "block" | "record" | "note";
  readonly message: string;
  /** What it means, for the reference page. */
  readonly meaning: string;
  /** Something that gets this code. */
  readonly example: string;
  /** What the reader of the message should do. */
  readonly fix: string;
}

const list = {
  WITHIN_REGIONS: {
    outcome: "allow",
    message: "{subject} stays within {allowed}",
    meaning: "Everything the object says about placement lies within the tenant's regions.",
    example:
      "A pod whose required node affinity says `topology.kubernetes.io/region In [eu-west-1]`, for a tenant that may use eu-west-1.",
    fix: "Nothing to do.",
  },
  PLACEMENT_DEFERRED: {
    outcome: "allow",
    message: "{subject} names no region itself; its pods are pinned to {allowed} when they are made",
    meaning:
      "A template without a region. It places nothing by itself: each pod made from it is pinned to the tenant's regions and decided on its own.",
    example: "A Deployment without node selector or node affinity.",
    fix: "Nothing to do.",
  },
  PLACEMENT_UNCHANGED: {
    outcome: "allow",
    message: "{subject} keeps its placement",
    meaning:
      "An update that changes nothing about where the object runs is not decided anew, so that status, labels, scaling and finalizers are never held up, even where the object predates the policy.",
    example: "Scaling a Deployment, or adding a label to a pod.",
    fix: "Nothing to do.",
  },
  BEING_DELETED: {
    outcome: "allow",
    message: "{subject} is being deleted",
    meaning: "The object carries a deletion timestamp. Updates on its way out are not decided.",
    example: "A controller removing its finalizer from a Job.",
    fix: "Nothing to do.",
  },
  NOT_A_PLACEMENT: {
    outcome: "allow",
    message: "{subject} places nothing",
    meaning: "The request is for a resource or an operation that cannot put data or compute anywhere.",
    example: "A ConfigMap, or the deletion of a pod.",
    fix: "Nothing to do. If webhook rules of your own send such requests, narrow them.",
  },
  NAMESPACE_UNCLAIMED: {
    outcome: "allow",
    message: "The namespace of {subject} belongs to no tenant",
    meaning: "No Tenant owns the object's namespace, so no plan applies to it.",
    example: "A pod in a namespace that nobody claimed.",
    fix: "Nothing to do. If it should be governed, list the namespace in the Tenant's `spec.namespaces`.",
  },
  CROSS_REGION: {
    outcome: "refuse",
    message: "{subject} asks for {requested}, but may only run in {allowed}",
    meaning:
      "The object names a region, zone or node outside the tenant's regions. Every term of required node affinity counts, because terms are alternatives; so does a list that names an allowed and another region. The automatic pin does not cure this: the author is told instead.",
    example:
      "`nodeSelector: {topology.kubernetes.io/zone: us-east-1a}` for a tenant of eu-west-1; `node-restriction.kubernetes.io/residency-region In [us-east-1]`; an affinity with `In [eu-west-1, us-east-1]`; a binding to a node in us-east-1.",
    fix: "Name only allowed regions in the field, or remove the constraint: pods are then pinned to the allowed regions",
  },
  REGION_UNCONSTRAINED: {
    outcome: "refuse",
    message: "{subject} could run in any region, but may only run in {allowed}",
    meaning:
      "Nothing binds the pod to the tenant's regions. Only `topology.kubernetes.io/region In [...]` or `node-restriction.kubernetes.io/residency-region In [...]` in every required term, or the name of a node, binds: zone and host labels can stand on nodes of any region; `NotIn` and `Exists` admit regions to come; preferred affinity, tolerations, topology spread and pod affinity are no constraint. Normally the pin inside the API server adds it; this code means that it did not, or that only some of several terms name a region. Its receipt names no region, which is to say anywhere, unless something else in the object leads outside: lawful regions beside an alternative that leads anywhere bound nothing.",
    example:
      "A pod without node affinity while the pin is not installed; `nodeSelectorTerms` of which one names eu-west-1 and another only `disktype: ssd`.",
    fix: "Add topology.kubernetes.io/region In [{allowed}] to every term of required node affinity, and check that the policy companyos-pin is installed",
  },
  REGION_UNRESOLVABLE: {
    outcome: "refuse",
    message: "{subject} asks for a place that is in no registered region, but may only run in {allowed}",
    meaning:
      "A region, zone or expression that cannot be translated to registered regions, or a field that is not shaped as Kubernetes requires.",
    example:
      "A zone that no Region lists in `spec.zones`; a region without a Region object; `DoesNotExist` on the region label.",
    fix: "Correct the value, or have the zone or region registered (kubectl get regions)",
  },
  NODE_UNKNOWN: {
    outcome: "refuse",
    message: "{subject} names a node that does not exist, but may only run in {allowed}",
    meaning:
      "`spec.nodeName`, a binding's target, a host name or a node name that no known node has. The node's region cannot be told.",
    example: "A pod with `spec.nodeName: no-such-node`; a binding with an empty target.",
    fix: "Name an existing node in an allowed region, or leave the choice to the scheduler",
  },
  NODE_WITHOUT_REGION: {
    outcome: "refuse",
    message: "{subject} names a node whose region nobody vouches for, but may only run in {allowed}",
    meaning: "The node exists, but no Region claims it by name or selector.",
    example: "A binding to a freshly joined node without a region.",
    fix: "Have the node claimed by a Region (spec.nodes), or leave the choice to the scheduler",
  },
  TOO_MANY_TERMS: {
    outcome: "refuse",
    message: "{subject} has more required node affinity than is read, but may only run in {allowed}",
    meaning: `More than ${maxTerms} terms in the pod's required node affinity, or more than ${maxExpressions} expressions in them together. They are not read: the policies inside the API server would spend seconds on them, for each pod. The policy companyos-pinned refuses such a pod as well, when the webhook does not respond.`,
    example: "A Deployment with a nodeSelectorTerm for each of 150 nodes; one term with 5,000 expressions.",
    fix: "Say it shorter: one expression can list many values, and a label on the nodes can stand for many names",
  },
  PLAN_EMPTY: {
    outcome: "refuse",
    message: "{tenant} may run nowhere: its regions and its policies have none in common",
    meaning:
      "The tenant's own regions intersected with every policy that selects it leave nothing. The Tenant's conditions say which.",
    example: "A Tenant of us-east-1 selected by a policy that allows jurisdiction EU only.",
    fix: "Change the Tenant's regions or the policy that excludes them (kubectl describe tenant {tenantName})",
  },
  PLAN_MISSING: {
    outcome: "block",
    message: "{subject} cannot be decided: there is no plan for {tenant} yet",
    meaning: "The namespace belongs to a tenant whose plan could not be found.",
    example: "A Tenant created a moment ago, or one whose spec cannot be read.",
    fix: "Retry in a moment; if it stays, look at the Tenant's conditions (kubectl describe tenant {tenantName})",
  },
  TENANT_UNKNOWN: {
    outcome: "block",
    message: "{subject} cannot be decided: its namespace names {tenant}, and there is no such Tenant",
    meaning: "The namespace carries a tenant label, but no Tenant of that name exists.",
    example: "A namespace left behind by a Tenant that was deleted with policy Retain.",
    fix: "Create the Tenant again and hand the namespace over to it (companyos adopt NAMESPACE --tenant {tenantName}), or have an administrator remove the namespace",
  },
  NAMESPACE_NOT_ITS_TENANTS: {
    outcome: "block",
    message:
      "{subject} cannot be decided: its namespace belongs to another Tenant that once had the name of {tenant}, and nobody has handed it over",
    meaning:
      "The namespace names a tenant, but by uid it belongs to an earlier Tenant of that name. The one there is now owns nothing of it: its plan does not apply, and no receipt is written in its name. What enforces inside the API server stays as it was.",
    example:
      "A Tenant that was deleted with policy Retain and made again; a cluster whose Tenants were applied anew from Git.",
    fix: "Hand the namespace over (companyos adopt NAMESPACE --tenant {tenantName}), or have an administrator remove it",
  },
  CACHE_NOT_SYNCED: {
    outcome: "block",
    message: "{subject} cannot be decided yet: this replica has not read the cluster's state",
    meaning:
      "The replica was asked before its first complete read of namespaces, tenants, policies, regions and nodes.",
    example: "A request in the first second of a replica's life.",
    fix: "Retry; if it stays, look at the webhook's /readyz",
  },
  REQUEST_MALFORMED: {
    outcome: "block",
    message: "The request cannot be read{because}",
    meaning: "The body is no AdmissionReview, or the policy was given an input it does not understand.",
    example: "An empty body; a policy input with another `version` than v1.",
    fix: "Send an admission.k8s.io/v1 AdmissionReview",
  },
  REQUEST_TOO_LARGE: {
    outcome: "block",
    message: "The request is larger than this webhook reads",
    meaning:
      "Object and old object together exceed what the webhook reads, in bytes or in parts (members, items), which is more than the API server stores.",
    example:
      "An AdmissionReview sent by something other than an API server; a pod with a million empty tolerations.",
    fix: "Make the object smaller",
  },
  REQUEST_IMPLAUSIBLE: {
    outcome: "block",
    message: "No API server sends such a request{because}",
    meaning:
      "Where the webhook cannot know its caller, a review that contradicts itself, or what the webhook is registered for, is refused without a receipt and counted in `residency_webhook_strangers_total`.",
    example: "A review whose object names another namespace than the request.",
    fix: "If the API server sent it, report it: it is a fault of this webhook",
  },
  CALLER_UNKNOWN: {
    outcome: "block",
    message: "Only the API server may ask the webhook",
    meaning:
      "The request did not show what the API server shows: a client certificate of the right authority and name, or the secret path. HTTP 403, before the body is read; no receipt.",
    example:
      "A pod that posts an AdmissionReview to the webhook's Service; an API server whose AdmissionConfiguration is missing.",
    fix: "If it was the API server, look at docs/install.md (the webhook's caller) and at `companyos status`",
  },
  WEBHOOK_BUSY: {
    outcome: "block",
    message: "The webhook has too much to do",
    meaning:
      "All requests of a replica together hold as many bytes as its memory allows, and none came free within two seconds. HTTP 503 with Retry-After: the API server asks again for as long as it waits; after that its failurePolicy decides.",
    example: "Twenty updates of the largest objects at once.",
    fix: "Nothing, if it passes; else add replicas of the webhook",
  },
  JOURNAL_UNAVAILABLE: {
    outcome: "block",
    message: "{subject} is refused, and the refusal could not be recorded",
    meaning:
      "A refusal must be durable before it is sent, and the journal could not be written. The request is refused all the same; how often that happened comes into the tenant's chain as a `journal.gap` (JOURNAL_UNRECORDED) as soon as its home region has a notary that takes it.",
    example:
      "The journal's disk is full, the tenant has its share of a backlog that does not drain, or there was never a notary for the tenant's home region.",
    fix: "The object has to change all the same. Have an operator look at the webhook's journal, and at whether the tenant's home region has a notary",
  },
  DECISION_FAILED: {
    outcome: "block",
    message: "{subject} could not be decided because of a fault in the policy engine",
    meaning: "The compiled policy failed or returned nonsense. Nothing is allowed on that.",
    example: "A damaged policy bundle.",
    fix: "Have an operator look at the webhook's log; the request is not at fault",
  },
  PLAN_CHANGED: {
    outcome: "record",
    message: "The plan of {tenant} changed",
    meaning:
      "Receipt `policy.changed`: the tenant's plan is another than the one recorded before. Both are in the receipt's details.",
    example: "A ResidencyPolicy that selects the tenant was edited.",
    fix: "Nothing to do if the change was meant; else look at who edited the Tenant or its policies.",
  },
  PLAN_ENDED: {
    outcome: "record",
    message: "The plan of {tenant} ended",
    meaning: "Receipt `policy.changed`: the Tenant is gone, and its plan with it.",
    example: "A Tenant was deleted.",
    fix: "Nothing to do if it was meant.",
  },
  HOME_CHANGED: {
    outcome: "record",
    message: "{tenant} has its receipts in another log from now on",
    meaning:
      "Receipt `tenant.handover`, one in the log of the former home and one in that of the new: the Tenant's home region changed, or the Tenant was deleted and made again with another. Both say from where to where, and share one link.",
    example: "A Tenant's spec.homeRegion was edited.",
    fix: "Nothing to do if it was meant. Evidence of the tenant needs both logs from now on.",
  },
  TENANT_RECREATED: {
    outcome: "record",
    message: "{tenant} was made again, and has its receipts in another chain from now on",
    meaning:
      "Receipt `tenant.handover`, one in each of the two chains: a Tenant was deleted and one of the same name made, with another uid, and both have receipts in this log. Each names the other's uid and handle. Receipts of before 2026-11-27 have no reason.",
    example: "`kubectl delete tenant acme`, then `kubectl apply -f acme.yaml`.",
    fix: "Nothing to do if it was meant. Evidence of the name has both chains.",
  },
  NAMESPACE_ADOPTED: {
    outcome: "record",
    message: "A namespace was handed over to {tenant}",
    meaning:
      "Receipt `namespace.adopted`: a namespace that belonged to a Tenant that is gone, or to none, is this tenant's from here on, because its side and the Tenant's both said so. The uid of the Tenant before is in the receipt's details; `orphaned` where nobody knew it.",
    example: "`companyos adopt --all` after a cluster was built anew from Git.",
    fix: "Nothing to do if it was meant. What happened there before is in the chain of the Tenant before.",
  },
  NAMESPACE_RELEASED: {
    outcome: "record",
    message: "A namespace of {tenant} was handed over to another Tenant",
    meaning:
      "Receipt `namespace.released`: a namespace that belonged to this Tenant, which is gone, is another one's from here on. The uid of the Tenant after is in the receipt's details. It is in this Tenant's chain, or in the log's own where that log has none.",
    example: "`companyos adopt acme --tenant acme`, where acme was deleted and made again.",
    fix: "Nothing to do if it was meant. What happens there from now on is in the chain of the Tenant after.",
  },
  PLACEMENT_ENDED: {
    outcome: "record",
    message: "{subject} no longer runs",
    meaning: "Receipt `placement.ended`: a placement that had been observed is over.",
    example: "A pod finished or was deleted.",
    fix: "Nothing to do.",
  },
  PLACEMENT_ENDED_UNWATCHED: {
    outcome: "record",
    message: "{subject} no longer runs; it went while nobody watched",
    meaning:
      "Receipt `placement.ended`: the object was gone when the operator came back, so that the moment it ended is not known.",
    example: "A pod deleted while the operator was down.",
    fix: "Nothing to do. The receipt's time is when it was noticed.",
  },
  NODE_VOUCHED: {
    outcome: "record",
    message: "A node counts as {allowed}",
    meaning:
      "Receipt `region.provisioned`: from here on a node counts as this region, because its Region lists it, an administrator labelled it, or it was seen there first.",
    example: "A node joined the cluster.",
    fix: "Nothing to do if the node is where it is said to be; else correct its label node-restriction.kubernetes.io/residency-region.",
  },
  NODE_REGION_MISMATCH: {
    outcome: "record",
    message: "A node's own labels say something else than {allowed}",
    meaning:
      "Receipt `region.provisioned`: a node's own labels came to say something else than what is vouched for. Nothing changed by it: tenants' pods are scheduled and bound by what is vouched for.",
    example: "A kubelet rewrote its label topology.kubernetes.io/region.",
    fix: "Find out who changed the node's labels. If the node did move, set its label node-restriction.kubernetes.io/residency-region.",
  },
  ADMISSION_RESTORED: {
    outcome: "record",
    message: "An admission object of the product was put back",
    meaning:
      "Receipt `policy.changed`: somebody else had changed or deleted a policy, a binding or a webhook configuration of the product, and the operator put it back. Name and kind are in the receipt's details; the object's annotation `residency.companyos.io/restored-under` has the ids of the receipts, one for each region's log.",
    example: "`kubectl delete validatingwebhookconfiguration companyos-residency`.",
    fix: "Find out who did it: the API server's audit log says.",
  },
  DENIED_IN_PROCESS: {
    outcome: "record",
    message: "The API server refused requests by a policy of the product, without asking the webhook",
    meaning:
      "Receipt `admission.denied_in_process`: the API server's own counter rose. How many is in the receipt's count (a request that fails two checks counts twice; of companyos-pin, which only adds, what it could not evaluate); the counter does not tell whose they were, so the receipt is in the chain of each region's log and names no tenant.",
    example: "A binding to a node elsewhere, posted while the webhook's configuration was gone.",
    fix: "Find out who it was: with audit logging on, the API server wrote `validation.policy.admission.k8s.io/validation_failure` beside the request.",
  },
  WEBHOOK_UNANSWERED: {
    outcome: "record",
    message: "Requests went on without the webhook's decision",
    meaning:
      "Receipt `admission.undecided`: the API server asked the webhook and had no response it could use, so the policies inside it decided alone: pods stayed pinned and nodes were compared, but templates were not decided and nobody was told why. How many requests is in the receipt's count (dry runs too); the counter does not tell whose they were, so the receipt is in the chain of each region's log and names no tenant.",
    example: "Both replicas of the webhook were killed while Deployments were applied.",
    fix: "Look for what kept the webhook from responding: `kubectl -n companyos-system get pods`, its log, its certificate. Whoever would rather wait than go on without it sets `webhook.whenUnavailable=strict`.",
  },
  JOURNAL_UNRECORDED: {
    outcome: "record",
    message: "Requests of {tenant} were decided and no receipt could be made at the time",
    meaning:
      "Receipt `journal.gap`: the webhook's journal refused, so that responses went out without a receipt of their own. How many is in the receipt's count; when, how many of them were refusals, warnings and audits, and why, is in its details. It is in the tenant's chain; in a log's own, without its name, when the tenant is not known any more.",
    example:
      "A tenant made refusals faster than a notary that was away could take them, up to its share of the journal.",
    fix: "See whether the region's notary was away or the journal's disk full, and what the tenant did so often. The requests themselves are in the API server's audit log.",
  },
  JOURNAL_CORRUPT: {
    outcome: "record",
    message: "Records of a journal cannot be read",
    meaning:
      "Receipt `journal.gap`: records a sender had written cannot be read back. How many is in the receipt's count.",
    example: "A damaged disk.",
    fix: "Have an operator look at the sender's disk; what the lost records said is not known.",
  },
  JOURNAL_DELETED: {
    outcome: "record",
    message: "Records of a journal are gone",
    meaning:
      "Receipt `journal.gap`: records a sender had written were no longer there. How many is in the receipt's count.",
    example: "A journal's volume was deleted before it was shipped.",
    fix: "Find out who deleted the volume; what the lost records said is not known.",
  },
  KEY_RECEIPT: {
    outcome: "record",
    message: "A key for signing receipts is endorsed",
    meaning: "Receipt `key.endorsed`: the region's root key endorsed a key that signs receipts from here on.",
    example: "A notary's first start, or a key rotation.",
    fix: "Nothing to do if the rotation was meant; else treat the root key as compromised.",
  },
  KEY_STATEMENT: {
    outcome: "record",
    message: "A key for signing statements is endorsed",
    meaning:
      "Receipt `key.endorsed`: the region's root key endorsed a key that signs statements from here on.",
    example: "A notary's first start, or a key rotation.",
    fix: "Nothing to do if the rotation was meant; else treat the root key as compromised.",
  },
  DRY_RUN: {
    outcome: "note",
    message: "Dry run: decided as it would be, without a receipt",
    meaning: "Dry runs get the same decision and leave no receipt.",
    example: "`kubectl apply --dry-run=server`.",
    fix: "Nothing to do.",
  },
} as const satisfies Record<string, Omit<Reason, "code">>;

export type ReasonCode = keyof typeof list;

export const reasons: readonly (Reason & { readonly code: ReasonCode })[] = (
  Object.entries(list) as [ReasonCode, Omit<Reason, "code">][]
).map(([code, reason]) => ({ code, ...reason }));

const byCode: ReadonlyMap<string, Reason & { readonly code: ReasonCode }> = new Map(
  reasons.map((reason) => [reason.code, reason]),
);

export function reasonOf(code: string): (Reason & { readonly code: ReasonCode }) | undefined {
  return byCode.get(code);
}

/** Page that documents every code, relative to the root of the repository. */
export const reasonsPage = "docs/reason-codes.md";

/** `docs/reason-codes.md#cross_region`: the anchor that a heading with the bare code gets. */
export function reasonLink(code: string, page: string = reasonsPage): string {
  return `${page}#${code.toLowerCase()}`;
}
