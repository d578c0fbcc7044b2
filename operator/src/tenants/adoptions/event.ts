import type { Plan } from "@companyos/policies";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";

/** A namespace, and the Tenant it belonged to before. */
export interface HandedOver {
  readonly name: string;
  readonly uid: string;
  readonly previousTenantUid: string;
}

/** A namespace was handed over to a tenant, by both sides, or by the setting; for the tenant's own chain. Pure. */
export function namespaceAdopted(options: {
  rid: string;
  at: number;
  cluster: string;
  plan: Plan;
  namespace: HandedOver;
  assigned?: true;
}): ReceiptEvent {
  const { rid, plan, namespace, assigned } = options;
  const { name, uid, previousTenantUid } = namespace;
  return receiptEvent("namespace.adopted", {
    rid,
    at: options.at,
    cluster: options.cluster,
    region: plan.homeRegion,
    tenant: { name: plan.tenant, uid: plan.uid },
    allowed: [...plan.regions],
    plan: plan.digest,
    disclosable: {
      rid,
      tenant: plan.tenant,
      namespace: name,
      name,
      uid,
      policies: [...plan.policies],
      details: { previousTenantUid, ...(assigned ? { assigned } : {}) },
    },
  });
}

/** The same for the chain of the Tenant that had the namespace before. `plan`: absent where nobody has it now. Pure. */
export function namespaceReleased(options: {
  rid: string;
  at: number;
  cluster: string;
  region: string;
  by: string;
  plan?: Pick<Plan, "uid">;
  namespace: HandedOver;
}): ReceiptEvent {
  const { rid, by, plan, namespace } = options;
  const { name, uid, previousTenantUid } = namespace;
  return receiptEvent("namespace.released", {
    rid,
    at: options.at,
    cluster: options.cluster,
    region: options.region,
    tenant: { name: by, uid: previousTenantUid },
    disclosable: {
      rid,
      tenant: by,
      namespace: name,
      name,
      uid,
      details: { nextTenantUid: plan?.uid ?? null },
    },
  });
}
