/** Codes of decisions, and notes beside them. `message` is a sentence with the placeholders that `explain` fills in. */
import { maxExpressions, maxTerms } from "../limits.ts";
import type { Reason } from "./reason.ts";

export const decisionReasons = {
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
  PREDATES_RULE: {
    outcome: "note",
    message:
      "{subject} is older than the rule: this goes through and pods that run are left, but new ones are refused outside of {allowed}{because}",
    meaning:
      "An update that keeps the placement of a workload goes through, and so does a scale. But the workload was there before its tenant's regions or mode changed, and as a new one it would be refused: so are the pods and ReplicaSets that its controller makes from now on. A restart, a new image or a larger number of replicas hangs. Said as a warning, and recorded as `admission.warned` with who asked for it, also in mode Enforce; what the controller is refused from then on counts among the tenant's blocks.",
    example:
      "`kubectl rollout restart` of a Deployment that asks for us-east-1, from before its tenant came to Enforce in eu-west-1.",
    fix: "Correct the template: name only allowed regions, or none.",
  },
  IN_USE: {
    outcome: "note",
    message: "{subject} is in use",
    meaning:
      "A Region, ResidencyPolicy or Tenant is deleted, or changed so that Tenants lose something by it: a region, the last region, nodes, a mode that did not enforce, their namespaces. So it is where a policy or a Region is new, since one may narrow, and the other take zones or nodes from those that are there. It goes through; the warning says what is lost, and of no Tenant but the one that is written which: who may write Regions or policies need not be one who may read Tenants. A Region that is deleted stays in force until no Tenant lives there or is at home there. Where the webhook does not know the API server (`callers.mode: Unverified`) it speaks of a Region's deletion only.",
    example:
      "`kubectl delete residencypolicy` of the only one that selects a Tenant, in mode Audit: it comes to Enforce.",
    fix: "If it was meant, nothing. Else apply the object again as it was; a Region that is being deleted cannot be kept, so make its Tenants leave it, then apply it anew (docs/operations.md#a-region-or-a-policy-is-deleted).",
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
    fix: "Nothing to do. If it should be governed, hand it over: `companyos adopt NAMESPACE --tenant NAME` lists it in the Tenant's `spec.namespaces` and sets both sides' consent; the claim alone is a conflict.",
  },
  TENANT_REQUIRED: {
    outcome: "block",
    message: "{subject} is in a namespace that belongs to no tenant, and nothing new runs in such a one here",
    meaning:
      "The installation's setting `companyos.residency.unclaimed.action` is Deny, or DefaultTenant and the default tenant does not have the namespace yet. Refused are new pods, with Deny also new Deployments and whatever else makes pods; what was there before stays, until its pods have to be made anew. The API server refuses them by itself (policy companyos-unclaimed); without a tenant there is no log that could hold a receipt, so refusals are counted, in `residency_denied_in_process_total` and in the logs' own chains.",
    example: "A pod in a namespace that nobody claimed, while the setting is Deny.",
    fix: "Have an administrator hand the namespace over to a Tenant (companyos adopt NAMESPACE --tenant NAME), or except it (companyos.residency.unclaimed.except). With a default tenant: try again, and look at that Tenant's conditions if it goes on",
  },
  CROSS_REGION: {
    outcome: "refuse",
    message: "{subject} asks for {requested}, but may only run in {allowed}",
    meaning:
      "The object names a region, zone or node outside the tenant's regions. Every term of required node affinity counts, because terms are alternatives; so does a list that names an allowed and another region. The automatic pin does not cure this: the author is told instead. The label `node-restriction.kubernetes.io/residency-region` is the pin's own: what it named while that was allowed is replaced, anything else is refused.",
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
    fix: "Have an administrator create the Tenant again and hand the namespace over to it (companyos adopt NAMESPACE --tenant {tenantName}), or remove the namespace",
  },
  NAMESPACE_NOT_ITS_TENANTS: {
    outcome: "block",
    message:
      "{subject} cannot be decided: its namespace belongs to another Tenant that once had the name of {tenant}, and nobody has handed it over",
    meaning:
      "The namespace names a tenant, but by uid it belongs to an earlier Tenant of that name. The one there is now owns nothing of it: its plan does not apply, and no receipt is written in its name. What enforces inside the API server stays as it was.",
    example:
      "A Tenant that was deleted with policy Retain and made again; a cluster whose Tenants were applied anew from Git.",
    fix: "Have an administrator hand the namespace over (companyos adopt NAMESPACE --tenant {tenantName}), or remove it",
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
      "A refusal must be durable before it is sent, and the journal could not be written. The request is refused all the same, and the refusal says why as it would otherwise; how often that happened comes into the tenant's chain as a `journal.gap` (JOURNAL_UNRECORDED) as soon as its home region has a notary that takes it.",
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
  DRY_RUN: {
    outcome: "note",
    message: "Dry run: decided as it would be, without a receipt",
    meaning: "Dry runs get the same decision and leave no receipt.",
    example: "`kubectl apply --dry-run=server`.",
    fix: "Nothing to do.",
  },
} as const satisfies Record<string, Omit<Reason, "code">>;
