import { defaultProductNamespace, ignoreUnclaimed, isReached, type UnclaimedSetting } from "@companyos/crds";
import type { Inventory } from "@companyos/inventory";
import {
  type Decider,
  type Decision,
  inMode,
  needsTenant,
  type Plan,
  placedKindAt,
  scaleSubresource,
} from "@companyos/policies";
import { olderThanRule, scaledBeyondRule } from "./older.ts";
import type { AdmissionRequest } from "./review.ts";

/** What is decided of one request, before anything is recorded or sent. */
export interface AdmissionDecision {
  readonly decision: Decision;
  /** Undefined where no plan applies: an unclaimed namespace, or a failed look-up. */
  readonly plan: Plan | undefined;
  /** The tenant the namespace names, where that is known. */
  readonly tenant: string | undefined;
}

export interface DecideOptions {
  readonly inventory: Inventory;
  readonly decider: Decider;
  /** False: nothing is blocked whatever policies name; decisions are as in mode Audit. Default true. */
  readonly enforce?: boolean | undefined;
  /** What happens in namespaces that no Tenant has; default: nothing. */
  readonly unclaimed?: UnclaimedSetting | undefined;
  /** The product's own; default `companyos-system`. */
  readonly productNamespace?: string | undefined;
}

/**
 * Decides on a request by the plan of its namespace: look-ups in memory, then the policy. No I/O, no waiting,
 * no record. `onFault` is told why a decision failed.
 */
export function decideRequest(
  options: DecideOptions,
  request: AdmissionRequest,
  onFault?: (error: unknown) => void,
): AdmissionDecision {
  const { inventory, decider } = options;
  const { group, resource, subresource } = request;
  const nothing = (reason: string, verdict: "allow" | "block" = "allow"): AdmissionDecision => ({
    decision: { verdict, reason, requested: [], allowed: [], field: "" },
    plan: undefined,
    tenant: undefined,
  });
  const isScale = subresource === scaleSubresource && placedKindAt(group, resource)?.scales === true;
  if (request.namespace === "" || !(isScale || placedKindAt(group, resource, subresource)))
    return nothing("NOT_A_PLACEMENT");
  const lookup = inventory.lookup(request.namespace);
  if (lookup.state === "unclaimed")
    return isRefusedUnclaimed(options, request)
      ? nothing("TENANT_REQUIRED", "block")
      : nothing("NAMESPACE_UNCLAIMED");
  // Nothing is blocked then, whatever is wrong: an installation that is about to leave must not hold up what is left.
  if (lookup.state === "error" && options.enforce === false) return nothing(lookup.code);

  const found =
    lookup.state === "tenant" ? inMode(lookup.plan, options.enforce ?? true) : { lookupError: lookup.code };
  const plan = "lookupError" in found ? undefined : found;
  const tenant = plan?.tenant ?? inventory.tenantOf(request.namespace);
  if (isScale) {
    const older = plan?.mode === "Enforce" ? scaledBeyondRule(inventory, request, plan) : undefined;
    return { decision: older ?? nothing("PLACEMENT_UNCHANGED").decision, plan, tenant };
  }
  const asked = {
    operation: request.operation,
    group,
    resource,
    subresource,
    object: request.object,
    oldObject: request.oldObject,
    topology: lookup.state === "tenant" ? lookup.topology : inventory.topology(request.namespace),
    plan: found,
  };
  const decision = decider.decide(asked, onFault);
  const older = plan?.mode === "Enforce" ? olderThanRule(decider, asked, decision, request) : undefined;
  return { decision: older ?? decision, plan, tenant };
}

/** Whether it is to be created in a namespace without a Tenant, where the installation's setting does not let it. */
function isRefusedUnclaimed(options: DecideOptions, request: AdmissionRequest): boolean {
  const { enforce = true, unclaimed = ignoreUnclaimed, productNamespace = defaultProductNamespace } = options;
  const { group, resource, subresource, operation, namespace, object } = request;
  if (!enforce || operation !== "CREATE" || !isReached(namespace, unclaimed, productNamespace)) return false;
  return needsTenant(placedKindAt(group, resource, subresource), object, unclaimed.action);
}
