/** What goes through although its pods will not: updates of workloads that are older than the rule. Who asked is on record. */
import type { WaitingWorkload } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import {
  type DecideRequest,
  type Decider,
  type Decision,
  type KubeObject,
  type Plan,
  placedKindAt,
  whatIsAsked,
} from "@companyos/policies";
import type { AdmissionRequest } from "./review.ts";

const reason = "PREDATES_RULE";

/**
 * What to tell the author of an update that keeps its placement, where the same object would be refused if it were new: it
 * goes through, and its new pods do not. Undefined when there is nothing to tell, or nobody: a Deployment's controller scales
 * the ReplicaSets that it made.
 */
export function olderThanRule(
  decider: Pick<Decider, "decide">,
  asked: DecideRequest,
  decided: Decision,
  { user }: Pick<AdmissionRequest, "user">,
): Decision | undefined {
  if (decided.reason !== "PLACEMENT_UNCHANGED" || asked.operation !== "UPDATE") return undefined;
  if (isController(user) && ownerOf(asked.object)) return undefined;
  const placed = placedKindAt(asked.group, asked.resource, asked.subresource);
  if (!placed?.template || placed.template.path.length === 0) return undefined;
  const asNew = decider.decide({ ...asked, operation: "CREATE", oldObject: undefined });
  if (asNew.verdict !== "block") return undefined;
  const detail = `its template asks for ${asNew.requested.join(", ") || asNew.reason}${asNew.field ? ` (${asNew.field})` : ""}`;
  return { ...asNew, verdict: "warn", reason, detail };
}

/**
 * The same of a scale, which says nothing of the template: by the workloads that the operator names in the Tenant's status.
 */
export function scaledBeyondRule(
  inventory: Pick<Inventory, "tenant">,
  request: AdmissionRequest,
  plan: Plan,
): Decision | undefined {
  const kind = placedKindAt(request.group, request.resource)?.kind;
  const waiting = inventory.tenant(plan.tenant)?.status?.rollout?.waiting ?? [];
  const found = waiting.find(
    (one) => one.kind === kind && one.namespace === request.namespace && one.name === request.name,
  );
  const detail = found && whatIsAsked(found);
  if (detail === undefined) return undefined;
  return { verdict: "warn", reason, requested: [], allowed: plan.regions, field: "", detail };
}

/** The workload controllers of Kubernetes: they make what a template says, again and again. */
const controllers = new Set(
  ["cronjob", "daemon-set", "deployment", "job", "replicaset", "replication", "statefulset"].map(
    (name) => `system:serviceaccount:kube-system:${name}-controller`,
  ),
);
/** All of them, where the controller manager gives them no accounts of their own. */
const controllerManager = "system:kube-controller-manager";

const isController = (user: string) => controllers.has(user) || user === controllerManager;

function ownerOf(object: KubeObject | null | undefined): Owner | undefined {
  const owners: unknown = object?.metadata?.ownerReferences;
  return Array.isArray(owners) ? owners.find((owner) => owner?.controller === true) : undefined;
}

/**
 * Whether a controller repeats, by itself, what was asked before the tenant's regions or mode changed: for a workload that the
 * operator says is left or kept from then, or while it has not said anything of this plan yet. Nobody asked for that anew. What else
 * controllers are refused counts, however long something is left: of a workload that somebody changed since, too, and a
 * ReplicaSet, which a Deployment gets only because its template was changed. Where more is left than the status names, any may
 * be it.
 */
export function isRetry(
  inventory: Pick<Inventory, "tenant">,
  { group, resource, user, operation, namespace, object }: AdmissionRequest,
  plan: Plan,
): boolean {
  if (operation !== "CREATE" || !isController(user)) return false;
  const owner = ownerOf(object);
  const rollout = inventory.tenant(plan.tenant)?.status?.rollout;
  if (owner === undefined || rollout === undefined) return false;
  if (rollout.planDigest !== plan.digest) return true;
  if (rollout.since === undefined) return false;
  const kept = rollout.kept?.find((one) => makes(one, namespace, owner));
  if (kept) return kept.asked !== true;
  if (owner.kind === "Job" && (rollout.keptUnnamed ?? 0) > 0) return true;
  if (rollout.left === 0) return false;
  if (group === "apps" && resource === "replicasets" && owner.kind === "Deployment") return false;
  const waiting = rollout.waiting ?? [];
  const left = waiting.find((one) => makes(one, namespace, owner));
  return left ? left.asked !== true : waiting.length < rollout.left;
}

interface Owner {
  readonly kind?: unknown;
  readonly name?: unknown;
}

/** What stands between a workload and its pods, and bears its name with something behind. */
const made: Readonly<Record<string, string>> = { ReplicaSet: "Deployment", Job: "CronJob" };

/** Whether the owner is that workload, or something that it made. */
function makes(one: WaitingWorkload, namespace: string, { kind, name }: Owner): boolean {
  if (typeof kind !== "string" || typeof name !== "string" || one.namespace !== namespace) return false;
  const of = name.slice(0, Math.max(0, name.lastIndexOf("-")));
  return (one.kind === kind && one.name === name) || (one.kind === made[kind] && one.name === of);
}
