import type { ResidencyKind } from "../kinds.ts";

/** Why a condition of an object is as it is. Reasons are stable, CamelCase; the object's own message says more. */
export interface ConditionReason {
  readonly kinds: readonly ResidencyKind["kind"][];
  /** `Ready` stands for the three of kstatus: what is not Ready is Reconciling, Stalled or paused. */
  readonly type: "Ready" | "NodesVouched" | "PlacementsInside";
  readonly reason: string;
  readonly state: "True" | "Reconciling" | "Stalled" | "Unknown" | "False";
  readonly meaning: string;
  readonly fix: string;
}

const of =
  (kinds: ConditionReason["kinds"], type: ConditionReason["type"]) =>
  (reason: string, state: ConditionReason["state"], meaning: string, fix: string): ConditionReason => ({
    kinds,
    type,
    reason,
    state,
    meaning,
    fix,
  });

const tenant = of(["Tenant"], "Ready");
const inside = of(["Tenant"], "PlacementsInside");
const policy = of(["ResidencyPolicy"], "Ready");
const region = of(["Region"], "Ready");
const vouched = of(["Region"], "NodesVouched");

export const conditionReasons: readonly ConditionReason[] = [
  tenant("Provisioned", "True", "The footprint is complete and the plan in force.", "Nothing."),
  tenant(
    "PoliciesComingIntoForce",
    "Reconciling",
    "The policies in the API server were just written, or nodes are being vouched for; pods might still be refused.",
    "Wait: seconds.",
  ),
  tenant(
    "NamespaceConflict",
    "Stalled",
    "A namespace that it claims is another Tenant's, or was there before.",
    "[Hand it over](brownfield.md), or choose another name.",
  ),
  tenant(
    "NamespaceReserved",
    "Stalled",
    "It claims a namespace of the cluster's or of the product.",
    "Choose another name in `spec.namespace` or `spec.namespaces`.",
  ),
  tenant(
    "NamespaceTerminating",
    "Reconciling",
    "A namespace that it claims is being deleted.",
    "Wait; `kubectl get namespace NAME -o yaml` says what holds it up.",
  ),
  tenant(
    "NoRegionAllowed",
    "Stalled",
    "Its regions and the policies that select it have nothing in common: every placement is refused.",
    "Change `spec.regions` or the policies that its message names.",
  ),
  tenant(
    "HomeRegionUnknown",
    "Stalled",
    "There is no Region of the name in `spec.homeRegion`; the home stays the last one that took effect.",
    "Correct the name, or apply the Region.",
  ),
  tenant(
    "NoNotary",
    "Stalled",
    "It is in force, and its home region keeps no log: refusals are counted, and leave no receipt.",
    "Add the region to `companyos.residency.regions` of the chart.",
  ),
  tenant(
    "OwnerIsAnybody",
    "Stalled",
    "It is in force, and `spec.owners` names whoever reaches the API server without signing in; the API server takes no such owner any more. It gets no rights.",
    "Take it out of `spec.owners`.",
  ),
  tenant(
    "OwnerIsNobody",
    "Stalled",
    "It is in force, and `spec.owners` names somebody whom nobody can be: a ServiceAccount whose name is no name of one, or blanks; the API server takes no such owner any more. It gets no rights, the others have theirs.",
    "Correct it: a ServiceAccount has its own name (`deployer`), and its namespace beside it.",
  ),
  tenant(
    "PlanMissing",
    "Stalled",
    "No plan can be compiled from it and the policies that select it: every placement is refused.",
    "Its message says why; so does the operator's log, and [`residency_faults_total`](runbooks/ProductFault.md) counts it. Correct the Tenant or the policy.",
  ),
  tenant(
    "FootprintInvalid",
    "Stalled",
    "The API server finds impossible what the spec asks for, such as a default limit above the maximum, or a quota of a resource that there is not. It refuses the object whole: of all of `spec.quota`, or `spec.limits`, nothing is in force but what an earlier spec put there.",
    "Correct the field that its message names; `companyos preview` warns of such names beforehand.",
  ),
  tenant(
    "ApplyFailed",
    "Reconciling",
    "Something of the footprint could not be written; it is tried again.",
    "Its message has the API server's response: a quota, another webhook, a right.",
  ),
  tenant(
    "Paused",
    "Unknown",
    "`spec.paused` is true: the footprint is left alone, and enforcement goes on.",
    "Set it to false.",
  ),
  tenant(
    "Purging",
    "Reconciling",
    "It was deleted with `Purge`, and its namespaces are going.",
    "Wait; a namespace that stays has something in it with a finalizer.",
  ),
  tenant(
    "NotAllowed",
    "False",
    "In `status.regions`: a policy does not allow this region.",
    "Take it out of `spec.regions`, or widen the policy.",
  ),
  of(["Tenant", "ResidencyPolicy"], "Ready")(
    "RegionUnknown",
    "Stalled",
    "It names a region or a jurisdiction that no Region has. On a Tenant it stands in `status.regions`.",
    "Apply the Region, or correct the name.",
  ),
  inside(
    "AllInside",
    "True",
    "No pod runs outside of the tenant's regions, and none did for five minutes.",
    "Nothing.",
  ),
  inside(
    "AllowedByWarn",
    "False",
    "Pods run outside of the tenant's regions: mode Warn lets them, and records them.",
    "[See what Enforce would do](audit-to-enforce.md).",
  ),
  inside(
    "AllowedByAudit",
    "False",
    "Pods run outside of the tenant's regions: mode Audit lets them, and records them.",
    "[See what Enforce would do](audit-to-enforce.md).",
  ),
  inside(
    "LeftRunning",
    "False",
    "Pods run outside of the tenant's regions in mode Enforce: from before the rule, or past admission.",
    "[A pod runs outside](operations.md#a-pod-runs-outside); `status.rollout` says what waits for its author.",
  ),
  policy("InForce", "True", "It is in force.", "Nothing."),
  policy(
    "InForceWithEmptyTenants",
    "True",
    "It is in force, and leaves Tenants without any region: `status.emptyTenants`.",
    "Widen it, or change those Tenants' regions.",
  ),
  region(
    "InUse",
    "Stalled",
    "It was deleted, and stays in force until no Tenant lives here or is at home here: its message counts them, and an Event in the product's namespace names them.",
    "Change their regions and `homeRegion`, or delete them: `companyos explain IN_USE`.",
  ),
  region(
    "ZoneConflict",
    "Stalled",
    "Another Region lists the same zone: what asks for it by zone leads into both.",
    "Take the zone out of one of them.",
  ),
  region("HasNodes", "True", "Nodes count as this region.", "Nothing."),
  of(["Region"], "Ready")(
    "NoNodes",
    "Reconciling",
    "No node counts as this region; pods that are pinned to it wait. In `NodesVouched` it is True, since nothing contradicts.",
    "Label nodes `topology.kubernetes.io/region`, set `spec.nodes`, or [let the pool grow](autoscalers.md).",
  ),
  vouched(
    "AllVouched",
    "True",
    "Each node that counts as this region is vouched for, and pods find it.",
    "Nothing.",
  ),
  vouched(
    "NodesUnvouched",
    "False",
    "A node says that it stands here, and nobody vouches for it: no tenant's pod is bound to it.",
    "An administrator sets `node-restriction.kubernetes.io/residency-region` on it, or takes it off.",
  ),
  vouched(
    "NodeRegionMismatch",
    "False",
    "A node's own labels say something else than what is vouched for.",
    "Correct its labels, or the vouched label if it moved.",
  ),
  vouched(
    "PinLabelMissing",
    "False",
    "A node is vouched for and lacks the label that pods are pinned by.",
    "The operator writes it; if it stays away, its log says why. With `pinnedBy: Topology` label the node.",
  ),
];
