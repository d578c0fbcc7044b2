import {
  annotations,
  isAssigned,
  labels,
  managedBy,
  namespacesOf,
  ownerUid,
  saysLetGo,
  type Tenant,
} from "@companyos/crds";
import type { KubeObject, Resource } from "@companyos/kube";
import { resources } from "@companyos/kube";
import { uuidv7 } from "@companyos/service/uuidv7";
import type { ControllerContext } from "../context.ts";
import { homeRegions } from "../home-regions.ts";
import { formerOf } from "./adopt.ts";
import type { RunningAdoptions } from "./adoptions/controller.ts";
import { carried } from "./adoptions/earlier.ts";
import { noteOf } from "./adoptions/remember.ts";
import { formerRegions } from "./former.ts";
import { withoutOurs } from "./own-metadata.ts";
import { type Owned, ownershipManager } from "./owned.ts";

const namespaces = resources.namespaces as Resource;

/** Namespaces of the Tenant that it is to let go by its spec. What it has as the default tenant goes by the setting. Pure. */
export function toLetGo(its: readonly KubeObject[], tenant: Tenant): KubeObject[] {
  const claimed = namespacesOf(tenant);
  return its.filter((namespace) => {
    const { name = "", deletionTimestamp } = namespace.metadata;
    if (deletionTimestamp || claimed.includes(name) || isAssigned(namespace)) return false;
    return tenant.spec.release?.includes(name) ?? false;
  });
}

/**
 * Namespaces of Tenants that are gone, which somebody says to let go, once all that ends with their Tenant has ended. Pure.
 * @param exists whether there is a Tenant with this uid, or something of it still to be ended
 */
export function abandoned(its: readonly KubeObject[], exists: (uid: string) => boolean): KubeObject[] {
  return its.filter(
    (namespace) =>
      !namespace.metadata.deletionTimestamp &&
      !isAssigned(namespace) &&
      saysLetGo(namespace) &&
      !exists(ownerUid(namespace) ?? ""),
  );
}

/**
 * Lets a namespace go: the footprint in it goes, then, in one write, everything that says whose it is. What lies in it stays.
 * The receipt is owed from that write on. `tenant`: whose it was, unless that one is gone. Rejects with a conflict when it
 * changed since it was seen.
 */
export async function letNamespaceGo(
  context: ControllerContext,
  {
    owned,
    adoptions,
    tenant,
    live,
  }: {
    readonly owned: Owned;
    readonly adoptions: Pick<RunningAdoptions, "owe">;
    readonly tenant: Tenant | undefined;
    readonly live: KubeObject;
  },
): Promise<void> {
  const { kube, clock, log, events } = context;
  const { name, uid, resourceVersion, labels: worn = {} } = live.metadata;
  for (const object of owned.in([name!])) {
    const { namespace, uid, name } = object.metadata;
    if (object.metadata.deletionTimestamp) continue;
    await kube.delete(owned.resource(object.kind!), name!, { namespace, preconditions: { uid: uid! } });
  }
  await adoptions.owe(live);
  const former = formerOf(live);
  const rid = uuidv7(clock.now());
  const hasHome = former && homeRegions(context)(former.region);
  const owed = hasHome ? noteOf({ ...former, rid }) : null;
  const none = withoutOurs(live, isAssigned(live));
  const metadata = {
    uid,
    resourceVersion,
    labels: {
      ...none.labels,
      ...(worn[labels.managedBy] === managedBy ? { [labels.managedBy]: null } : {}),
    },
    annotations: {
      ...none.annotations,
      // Pins to them stay in templates there: stale for whoever has it next, not foreign.
      ...formerRegions(live, []).annotations,
      [annotations.releasedFrom]: ownerUid(live) ?? null,
      [annotations.releaseReceipt]: owed,
      [annotations.earlierReceipts]: carried(live, false, hasHome ? undefined : { rid }),
    },
  };
  await kube.patch(namespaces, name!, "merge", { metadata }, { fieldManager: ownershipManager });
  log.info("namespace let go", { namespace: name, tenant: worn[labels.tenant], uid: ownerUid(live) });
  const note = `namespace ${name} was let go by tenant ${worn[labels.tenant]}: it belongs to no tenant now, and nothing in it was deleted`;
  const about = tenant ?? { apiVersion: "v1", kind: "Namespace", metadata: { name, uid } };
  events.record(about, { type: "Normal", reason: "NamespaceReleased", note });
}
