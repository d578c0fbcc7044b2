import { namespaceObjects } from "@companyos/cdk8s";
import { annotations, labels, managedBy, orphanedUid, ownerUid, type Tenant } from "@companyos/crds";
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import type { RunningAdoptions } from "./adoptions/controller.ts";
import { carried } from "./adoptions/earlier.ts";
import { type NotedRelease, noteOf } from "./adoptions/remember.ts";
import { formerRegions } from "./former.ts";
import { withoutOurs } from "./own-metadata.ts";
import { type Owned, ownershipManager } from "./owned.ts";

const namespaces = resources.namespaces as Resource;

/**
 * Takes over a namespace that both sides hand over, or, `assigned`, one that nobody claimed. Its own event brings the
 * tenant back for the rest.
 */
export async function adopt(
  context: ControllerContext,
  options: {
    readonly owned: Owned;
    readonly adoptions: Pick<RunningAdoptions, "owe">;
    readonly tenant: Tenant;
    readonly plan: Plan;
    readonly namespace: string;
    readonly assigned?: boolean;
  },
): Promise<void> {
  const { kube, clock, log, events } = context;
  const { owned, adoptions, tenant, plan, namespace } = options;
  const live = owned.namespaces.store.get(namespace);
  if (!live) return;
  // What is noted on one that nobody has stays noted.
  if (ownerUid(live) !== undefined) await adoptions.owe(live);
  const draw = () => uuidv7(clock.now());
  // What it had as the default tenant does not leave it.
  const former = ownerUid(live) === tenant.metadata.uid ? undefined : formerOf(live);
  // Where the Tenant before never had a home, nothing is left to tell. One without a notary is owed it until it has one.
  const isHomeless = former && !homeRegions(context)(former.region);
  const released = former && !isHomeless ? { ...former, rid: draw() } : undefined;
  const homeless = isHomeless ? { rid: draw(), next: plan.uid } : undefined;
  const assigned = options.assigned ?? false;
  await takeOver({ kube, live, tenant, plan, rid: draw(), released, homeless, assigned });
  const { tenant: name, uid } = plan;
  const how = assigned ? "as nobody claimed it" : "by consent of both sides";
  log.info(`namespace taken over, ${how}`, { namespace, tenant: name, uid });
  const note = `namespace ${namespace} was ${assigned ? "given to this default tenant: nobody claimed it" : "handed over to this tenant"}`;
  events.record(tenant, { type: "Normal", reason: "NamespaceAdopted", note });
}

/**
 * Gives a namespace to this Tenant, with all its residency metadata in one write, so that it never belongs to the Tenant while
 * it still has another one's regions. Rejects with a conflict when the namespace changed since it was seen: its consent may
 * be gone. `rid`: the receipt that is owed from here on. `released`: the receipt that the previous Tenant is owed, if any; `homeless`: the same of one whose home is no Region.
 */
async function takeOver(options: {
  kube: KubeClient;
  live: KubeObject;
  tenant: Tenant;
  plan: Plan;
  rid: string;
  released: NotedRelease | undefined;
  homeless: Parameters<typeof carried>[2];
  assigned: boolean;
}): Promise<void> {
  const { kube, live, tenant, plan, rid, released, homeless, assigned } = options;
  const { name, uid, resourceVersion, annotations: said = {} } = live.metadata;
  // Who let go of it last may still be owed the word.
  const isFree = ownerUid(live) === undefined || ownerUid(live) === plan.uid;
  const owed = isFree ? (said[annotations.releaseReceipt] ?? null) : null;
  const given = handedOver(live, tenant, plan, assigned);
  const metadata = {
    uid,
    resourceVersion,
    labels: given.labels,
    annotations: {
      ...given.annotations,
      [annotations.adoptionReceipt]: rid,
      [annotations.releaseReceipt]: released ? noteOf(released) : owed,
      [annotations.earlierReceipts]: carried(live, owed !== null, homeless),
    },
  };
  await kube.patch(namespaces, name!, "merge", { metadata }, { fieldManager: ownershipManager });
}

/**
 * For a merge patch: what a namespace says once it is this Tenant's, but for the receipts that are owed for it. `assigned`: as
 * the default tenant's. Pure.
 */
export function handedOver(
  live: KubeObject,
  tenant: Tenant,
  plan: Plan,
  assigned = false,
): Record<"labels" | "annotations", Record<string, string | null>> {
  const { name = "", annotations: said = {} } = live.metadata;
  const [desired] = namespaceObjects(tenant.metadata, [name], plan);
  const { [labels.managedBy]: manager, ...others } = desired!.metadata.labels;
  const moved = formerRegions(live, plan.regions);
  // Nothing that the Tenant before had there stays, but what is said anew.
  const none = withoutOurs(live, assigned);
  return {
    labels: {
      ...none.labels,
      ...others,
      ...moved.labels,
      ...(assigned ? { [labels.assigned]: "default" } : {}),
      ...(isManagedByOthers(live) || assigned ? {} : { [labels.managedBy]: manager! }),
    },
    annotations: {
      ...none.annotations,
      ...desired!.metadata.annotations,
      ...moved.annotations,
      [annotations.adoptedFrom]: ownerUid(live) ?? said[annotations.releasedFrom] ?? orphanedUid,
      ...(assigned ? { [annotations.assigned]: "default" } : {}),
    },
  };
}

/**
 * Whether another tool's label says that it manages the namespace. Such a label is kept: a Helm release whose label was
 * overwritten can never be installed again, and we do not use the label there.
 */
export function isManagedByOthers({ metadata }: KubeObject): boolean {
  const manager = metadata.labels?.[labels.managedBy];
  return manager !== undefined && manager !== "" && manager !== managedBy;
}

/** Whether a namespace was there before it came to its tenant: the product did not make it for that one. */
export function isAdopted({ metadata }: KubeObject): boolean {
  return metadata.annotations?.[annotations.adoptedFrom] !== undefined;
}

/** The Tenant that owned a namespace, and its home region; undefined when there was none, or it is not known. */
export function formerOf(live: KubeObject): Omit<NotedRelease, "rid"> | undefined {
  const { [labels.tenant]: name, [labels.region]: region } = live.metadata.labels ?? {};
  const uid = ownerUid(live);
  return uid === undefined || uid === orphanedUid || !name || !region ? undefined : { name, region };
}
