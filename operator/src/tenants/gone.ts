/** What a Tenant leaves behind, whichever way it goes: whoever may write Tenants may take its finalizer off and delete it. */
import { annotations, isAssigned, orphanedUid, ownerUid, type Tenant } from "@companyos/crds";
import {
  isConflict,
  isNotFound,
  type KubeClient,
  type KubeObject,
  pooled,
  type Reflector,
} from "@companyos/kube";
import type { Logger } from "@companyos/service";
import type { Claimants } from "./claimants.ts";
import { type Owned, ownershipManager } from "./owned.ts";
import { revoke } from "./rights.ts";

const atOnce = 8;

/**
 * Whether a namespace has yet to be told that its Tenant ended. What nobody knows the owner of, and what a Tenant has by default,
 * is not told. Pure.
 */
export function awaitsEnd(namespace: KubeObject): boolean {
  const uid = ownerUid(namespace);
  if (uid === undefined || uid === orphanedUid || isAssigned(namespace)) return false;
  return namespace.metadata.annotations?.[annotations.ended] !== uid;
}

/** What was said of it counts for the time after its Tenant only if it was said then. */
const agreed = ({ metadata }: KubeObject) =>
  [annotations.adoptBy, annotations.letGo].some((said) => metadata.annotations?.[said] !== undefined);

/**
 * Writes on a Tenant's namespaces that it has ended, and takes off, in the same write, what they agreed to while it lived:
 * whoever gives one away says so once it is free.
 * @param its what the API server has
 * @returns the names of those that had agreed
 */
export async function endConsents(
  kube: KubeClient,
  owned: Owned,
  its: readonly KubeObject[],
): Promise<string[]> {
  const open = its.filter((one) => agreed(one) || awaitsEnd(one));
  await pooled(open, atOnce, async (live) => {
    const { uid } = live.metadata;
    await writeEnd(kube, owned, live, { uid }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  });
  return open.filter(agreed).map(({ metadata }) => metadata.name!);
}

async function writeEnd(kube: KubeClient, owned: Owned, live: KubeObject, is: object): Promise<void> {
  const said = {
    [annotations.adoptBy]: null,
    [annotations.letGo]: null,
    [annotations.ended]: ownerUid(live),
  };
  const metadata = { ...is, annotations: said };
  const { resource } = owned.namespaces;
  await kube.patch(resource, live.metadata.name!, "merge", { metadata }, { fieldManager: ownershipManager });
}

/**
 * Ends what Tenants of this name left that are gone without the operator's doing: their owners' rights first, then what their
 * namespaces agreed to; until then nobody is handed one. Nothing is deleted, whatever their deletionPolicy was.
 * @returns why something could not be ended: it is to be tried again
 */
export async function endGone(options: {
  readonly kube: KubeClient;
  readonly log: Logger;
  readonly owned: Owned;
  readonly tenants: Reflector<Tenant>;
  readonly claimants: Claimants;
  readonly name: string;
}): Promise<Error | undefined> {
  const { kube, log, owned, tenants, claimants, name } = options;
  const left = owned.namedFor(name).filter((namespace) => {
    const uid = ownerUid(namespace);
    return uid !== undefined && uid !== orphanedUid && !isAssigned(namespace) && !claimants.exists(uid);
  });
  const waiting = left.filter(awaitsEnd);
  const standing = owned.bindingsIn(left.map(({ metadata }) => metadata.name!));
  if (waiting.length === 0 && standing.length === 0) return undefined;
  try {
    // A watch may not have told of a Tenant yet.
    const living = (await kube.find(tenants.resource, name))?.metadata.uid;
    const isGone = (namespace: KubeObject) => ownerUid(namespace) !== living;
    const places = new Set(left.filter(isGone).map(({ metadata }) => metadata.name));
    const rights = await revoke(
      kube,
      owned,
      standing.filter(({ metadata }) => places.has(metadata.namespace)),
    );
    if (rights.failed) return rights.failed;
    const ended: string[] = [];
    await pooled(waiting.filter(isGone), atOnce, async (live) => {
      const { uid, resourceVersion } = live.metadata;
      try {
        await writeEnd(kube, owned, live, { uid, resourceVersion });
        ended.push(live.metadata.name!);
      } catch (error) {
        // The watch shows it as it is now, and brings the name back.
        if (!isConflict(error) && !isNotFound(error)) throw error;
      }
    });
    if (ended.length + rights.removed.length > 0)
      log.info("what a Tenant left that is gone was ended: its owners' rights, and consents to a hand-over", {
        tenant: name,
        namespaces: ended,
        removed: rights.removed,
      });
    return undefined;
  } catch (error) {
    return error as Error;
  }
}
