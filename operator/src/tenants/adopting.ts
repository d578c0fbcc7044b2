import type { Tenant } from "@companyos/crds";
import { isConflict, isNotFound, type KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext } from "../context.ts";
import {
  formerOf,
  namespaceAdopted,
  namespaceReleased,
  owedReceipt,
  owedRelease,
  receiptPaid,
  takeOver,
} from "./adoption.ts";
import type { Owned } from "./owned.ts";

interface Adopter {
  readonly owned: Owned;
  readonly tenant: Tenant;
  readonly plan: Plan;
}

/** Takes over a namespace that both sides hand over. Its own event brings the tenant back for the rest. */
export async function adopt(
  { kube, clock, log, events, logs }: ControllerContext,
  { owned, tenant, plan, namespace }: Adopter & { readonly namespace: string },
): Promise<void> {
  const live = owned.namespaces.store.get(namespace);
  if (!live) return;
  const draw = () => uuidv7(clock.now());
  const former = formerOf(live);
  // Where the Tenant before had no log, nothing is left to tell.
  const released = former && logs.has(former.region) ? { ...former, rid: draw() } : undefined;
  await takeOver({ kube, live, tenant, plan, rid: draw(), released });
  const { tenant: name, uid } = plan;
  log.info("namespace taken over, by consent of both sides", { namespace, tenant: name, uid });
  const note = `namespace ${namespace} was handed over to this tenant`;
  events.record(tenant, { type: "Normal", reason: "NamespaceAdopted", note });
}

/** Writes the receipts that are owed for namespaces taken over, to both Tenants, each once its home has a log. */
export async function recordAdoptions(
  { kube, clock, cluster, outbox, logs }: ControllerContext,
  { owned, tenant, plan }: Adopter,
): Promise<void> {
  for (const namespace of owned.namespacesOf(tenant.metadata.uid!)) {
    const rid = owedReceipt(namespace);
    if (rid !== undefined && logs.has(plan.homeRegion)) {
      await outbox.append(namespaceAdopted({ rid, at: clock.now(), cluster, plan, namespace }));
      await paid(namespace, "adoptionReceipt");
    }
    const owed = owedRelease(namespace);
    if (owed !== undefined && logs.has(owed.region)) {
      await outbox.append(namespaceReleased({ owed, at: clock.now(), cluster, plan, namespace }));
      await paid(namespace, "releaseReceipt");
    }
  }

  async function paid(namespace: KubeObject, owed: Parameters<typeof receiptPaid>[2]): Promise<void> {
    try {
      await receiptPaid(kube, namespace, owed);
    } catch (error) {
      // It is gone meanwhile, or another one of its name is there.
      if (!isConflict(error) && !isNotFound(error)) throw error;
    }
  }
}
