import type { NodeFacts, Plan } from "@companyos/policies";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import type { SeenPod } from "./pod.ts";

/** What is remembered over restarts of a placement that was recorded. Identifiers and the tenant's name. */
export interface RecordedPlacement {
  /** `observing`, `ending`: the receipt `rid` is owed. */
  readonly state: "observing" | "observed" | "ending";
  readonly rid: string;
  readonly tenantUid: string;
  /** Name of that tenant; absent in what earlier releases wrote. */
  readonly tenant?: string;
  readonly node: string;
  /** Registered name, or `unknown`. */
  readonly region: string;
  /** Region whose log has the observation. */
  readonly home: string;
  /** The decision in the receipt; absent in what earlier releases wrote. */
  readonly decision?: string;
}

/**
 * Region of a node, and the decision and reason code for it under the plan. The mode means what it means at admission
 * (`refusal` in policies/rego/residency.rego); a test holds the two together.
 */
export function placementDecision(
  node: NodeFacts | undefined,
  plan: Plan,
): { region: string; decision: "allow" | "block" | "warn" | "audit"; reason: string } {
  const region = node?.region ?? "unknown";
  if (plan.regions.includes(region)) return { region, decision: "allow", reason: "WITHIN_REGIONS" };
  const reason = !node ? "NODE_UNKNOWN" : node.region === undefined ? "NODE_WITHOUT_REGION" : "CROSS_REGION";
  const decisions = { Enforce: "block", Warn: "warn", Audit: "audit" } as const;
  return { region, decision: decisions[plan.mode], reason };
}

/**
 * Whether a placement is still as it was recorded. If not, it is a new observation with its own receipt; so is one that was
 * recorded for another uid of the tenant's name, or in the log of another home.
 */
export function stands(
  recorded: RecordedPlacement,
  { region, decision }: Pick<ReturnType<typeof placementDecision>, "region" | "decision">,
  { uid, homeRegion }: Pick<Plan, "uid" | "homeRegion">,
): boolean {
  return (
    recorded.tenantUid === uid &&
    recorded.home === homeRegion &&
    recorded.region === region &&
    (recorded.decision ?? decision) === decision
  );
}

/** A pod was seen bound to a node. Pure. */
export function placementObserved(options: {
  rid: string;
  at: number;
  cluster: string;
  pod: Pick<SeenPod, "uid" | "node"> & Partial<SeenPod>;
  plan: Plan;
  node: NodeFacts | undefined;
}): ReceiptEvent {
  const { rid, pod, plan } = options;
  const { region, decision, reason } = placementDecision(options.node, plan);
  return receiptEvent("placement.observed", {
    rid,
    at: options.at,
    cluster: options.cluster,
    region: plan.homeRegion,
    tenant: { name: plan.tenant, uid: plan.uid },
    decision,
    reason,
    requested: [region],
    allowed: [...plan.regions],
    plan: plan.digest,
    disclosable: {
      rid,
      tenant: plan.tenant,
      namespace: pod.namespace ?? null,
      name: pod.name ?? null,
      uid: pod.uid,
      node: pod.node,
      images: pod.images ? [...pod.images] : null,
      labels: pod.labels ? { ...pod.labels } : null,
      policies: [...plan.policies],
    },
  });
}

/** That pod no longer runs. `pod` undefined: it went while no operator watched. Pure. */
export function placementEnded(options: {
  rid: string;
  at: number;
  cluster: string;
  uid: string;
  recorded: Pick<RecordedPlacement, "tenantUid" | "node" | "region" | "home">;
  tenant: string;
  plan: Plan | undefined;
  pod: Partial<SeenPod> | undefined;
}): ReceiptEvent {
  const { rid, recorded, pod, plan } = options;
  return receiptEvent("placement.ended", {
    rid,
    at: options.at,
    cluster: options.cluster,
    region: recorded.home,
    tenant: { name: options.tenant, uid: recorded.tenantUid },
    reason: pod ? "PLACEMENT_ENDED" : "PLACEMENT_ENDED_UNWATCHED",
    requested: [recorded.region],
    allowed: [...(plan?.regions ?? [])],
    plan: plan?.digest ?? null,
    disclosable: {
      rid,
      tenant: options.tenant,
      namespace: pod?.namespace ?? null,
      name: pod?.name ?? null,
      uid: options.uid,
      node: recorded.node,
    },
  });
}
