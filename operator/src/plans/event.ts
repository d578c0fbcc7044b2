import type { Plan } from "@companyos/policies";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

/** What is remembered of the last plan that was recorded for a tenant. No names of people or objects. */
export interface RecordedPlan {
  readonly tenant: string;
  readonly digest: string;
  readonly homeRegion: string;
  /** Where it asks for a home that is no Region. */
  readonly requestedHome?: string;
  readonly regions: readonly string[];
  readonly topologyPinned?: readonly string[];
  readonly mode: Plan["mode"];
  readonly policies: readonly string[];
}

/** Before and after, for the log of `region`. Pure. `after` undefined: the tenant is gone. */
export function planChanged(options: {
  rid: string;
  at: number;
  cluster: string;
  region: string;
  tenant: { name: string; uid: string };
  policyDigest: string | null;
  before: RecordedPlan | undefined;
  after: RecordedPlan | undefined;
}): ReceiptEvent {
  const { rid, tenant, before, after } = options;
  return receiptEvent("policy.changed", {
    rid,
    at: options.at,
    cluster: options.cluster,
    region: options.region,
    tenant,
    reason: after ? "PLAN_CHANGED" : "PLAN_ENDED",
    kind: "Tenant",
    allowed: [...(after?.regions ?? [])],
    plan: after?.digest ?? null,
    policy: options.policyDigest,
    disclosable: {
      rid,
      tenant: tenant.name,
      name: tenant.name,
      uid: tenant.uid,
      policies: [...(after?.policies ?? [])],
      details: { before: before ? summary(before) : null, after: after ? summary(after) : null },
    },
  });
}

export function recordedPlan(plan: Plan): RecordedPlan {
  return { tenant: plan.tenant, ...summary(plan) };
}

function summary(plan: Omit<RecordedPlan, "tenant">) {
  const { digest, homeRegion, requestedHome, regions, topologyPinned, mode, policies } = plan;
  const requested = requestedHome === undefined ? {} : { requestedHome };
  const pinned = topologyPinned === undefined ? {} : { topologyPinned: [...topologyPinned] };
  return {
    digest,
    homeRegion,
    ...requested,
    regions: [...regions],
    ...pinned,
    mode,
    policies: [...policies],
  };
}
