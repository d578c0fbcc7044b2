import { namespaceObjects } from "@companyos/cdk8s";
import { annotations, labels, managedBy, orphanedUid, ownerUid, type Tenant } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { type ReceiptEvent, receiptEvent } from "@companyos/receipts";
import { ownershipManager } from "./owned.ts";

const namespaces = resources.namespaces as Resource;

/**
 * Makes a namespace this Tenant's, with all its residency metadata in one write: there is no moment at which it is the
 * Tenant's and another one's regions stand in it. Conflicts reject when it changed since it was seen: its consent may be
 * gone. `rid` is the receipt that is owed from here on, `released` that which the Tenant before is owed, if any.
 */
export async function takeOver(options: {
  kube: KubeClient;
  live: KubeObject;
  tenant: Tenant;
  plan: Plan;
  rid: string;
  released: OwedRelease | undefined;
}): Promise<void> {
  const { kube, live, tenant, plan, rid, released } = options;
  const { name, uid, resourceVersion } = live.metadata;
  const [wanted] = namespaceObjects(tenant.metadata, [name!], plan);
  const { [labels.managedBy]: manager, ...others } = wanted!.metadata.labels;
  const metadata = {
    uid,
    resourceVersion,
    labels: isManagedByOthers(live) ? others : { ...others, [labels.managedBy]: manager },
    annotations: {
      ...wanted!.metadata.annotations,
      [annotations.adoptBy]: null,
      [annotations.adoptedFrom]: ownerUid(live) ?? orphanedUid,
      [annotations.adoptionReceipt]: rid,
      [annotations.releaseReceipt]: released ? `${released.rid}/${released.name}/${released.region}` : null,
    },
  };
  await kube.patch(namespaces, name!, "merge", { metadata }, { fieldManager: ownershipManager });
}

/**
 * Whether somebody else's tool says of a namespace that it manages it, and held it before it was handed over: a Helm
 * release that finds its label overwritten can never be installed again. Nothing of ours goes by that label there.
 */
export function isManagedByOthers({ metadata }: KubeObject): boolean {
  const manager = metadata.labels?.[labels.managedBy];
  return manager !== undefined && manager !== "" && manager !== managedBy;
}

/** Whether a namespace was there before it came to its tenant: the product did not make it for that one. */
export function isAdopted({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[annotations.adoptedFrom] !== undefined;
}

/** Id of the receipt that is owed for how a namespace came to its tenant. */
export function owedReceipt({ metadata }: KubeObject): string | undefined {
  return metadata.annotations?.[annotations.adoptionReceipt];
}

/** What the chain of a Tenant that is gone is owed, for a namespace that was its own. */
export interface OwedRelease {
  readonly rid: string;
  readonly name: string;
  /** Its home when it went. */
  readonly region: string;
}

/** Whose a namespace was, and where that Tenant lived; undefined when it was nobody's, or nobody knows. */
export function formerOf(live: KubeObject): Omit<OwedRelease, "rid"> | undefined {
  const { [labels.tenant]: name, [labels.region]: region } = live.metadata.labels ?? {};
  const uid = ownerUid(live);
  return uid === undefined || uid === orphanedUid || !name || !region ? undefined : { name, region };
}

export function owedRelease({ metadata }: KubeObject): OwedRelease | undefined {
  const [rid, name, region] = metadata.annotations?.[annotations.releaseReceipt]?.split("/") ?? [];
  return rid && name && region ? { rid, name, region } : undefined;
}

/** The receipt is in the journal. A crash before this writes it again, under the same id. */
export async function receiptPaid(
  kube: KubeClient,
  { metadata }: KubeObject,
  owed: "adoptionReceipt" | "releaseReceipt",
): Promise<void> {
  const { name, uid } = metadata;
  const paid = { metadata: { uid, annotations: { [annotations[owed]]: null } } };
  await kube.patch(namespaces, name!, "merge", paid, { fieldManager: ownershipManager });
}

/** A namespace was handed over to a tenant, by both sides; for the tenant's own chain. Pure. */
export function namespaceAdopted(options: {
  rid: string;
  at: number;
  cluster: string;
  plan: Plan;
  namespace: KubeObject;
}): ReceiptEvent {
  const { rid, plan, namespace } = options;
  const { name, uid } = namespace.metadata;
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
      namespace: name ?? null,
      name: name ?? null,
      uid: uid ?? null,
      policies: [...plan.policies],
      details: {
        previousTenantUid: namespace.metadata.annotations?.[annotations.adoptedFrom] ?? orphanedUid,
      },
    },
  });
}

/** The same hand-over, for the chain of the Tenant that had the namespace before. Pure. */
export function namespaceReleased(options: {
  owed: OwedRelease;
  at: number;
  cluster: string;
  plan: Plan;
  namespace: KubeObject;
}): ReceiptEvent {
  const { owed, plan, namespace } = options;
  const { name, uid, annotations: said } = namespace.metadata;
  return receiptEvent("namespace.released", {
    rid: owed.rid,
    at: options.at,
    cluster: options.cluster,
    region: owed.region,
    tenant: { name: owed.name, uid: said?.[annotations.adoptedFrom] ?? orphanedUid },
    disclosable: {
      rid: owed.rid,
      tenant: owed.name,
      namespace: name ?? null,
      name: name ?? null,
      uid: uid ?? null,
      details: { nextTenantUid: plan.uid },
    },
  });
}
