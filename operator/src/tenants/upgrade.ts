import { isUnmarked, labels, orphanedUid, ownershipConfigMap, type Tenant } from "@companyos/crds";
import { residencyResources } from "@companyos/inventory";
import {
  findListed,
  isAlreadyExists,
  isConflict,
  isNotFound,
  type KubeClient,
  type KubeObject,
  pooled,
  type Resource,
  resources,
} from "@companyos/kube";
import { type Clock, type Logger, sleep } from "@companyos/service";
import { ownershipManager } from "./owned.ts";

const namespaces = resources.namespaces as Resource;
const unmarkedSelector = `${labels.tenant},!${labels.tenantUid}`;
const atOnce = 8;
const retryMs = 1_000;

export interface UpgradeOptions {
  readonly kube: KubeClient;
  readonly log: Logger;
  readonly clock: Clock;
  readonly productNamespace: string;
}

/**
 * Upgrades namespaces of releases that knew tenants by name only, once for an installation. Each goes to the Tenant whose
 * name it bears, if that Tenant existed when the upgrade began, otherwise to nobody. Resolves when the upgrade is done, by
 * this process or another; retries until then, or until `signal` aborts.
 *
 * It reads the API server, not a cache: with half a list of Tenants it would orphan the other namespaces. The upgrade began
 * when its ConfigMap was created, so an operator that continues it ignores Tenants that were created meanwhile.
 */
export async function upgradeOwnership(options: UpgradeOptions, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await settle(options, signal);
    } catch (error) {
      options.log.error("whose the namespaces are could not be settled; it is tried again", { error });
      await sleep(options.clock, retryMs, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function settle(
  { kube, log, clock, productNamespace }: UpgradeOptions,
  signal: AbortSignal,
): Promise<void> {
  const began = await beginning(kube, productNamespace);
  if (began.data?.settled) return;
  const [{ items: waiting }, { items: tenants }] = [
    await kube.list(namespaces, { labelSelector: unmarkedSelector }),
    await kube.list<Tenant>(residencyResources.tenants),
  ];
  const uids = formerOwners(tenants, began.metadata.creationTimestamp ?? "");
  const marked = { given: 0, orphaned: 0 };
  await pooled(waiting, atOnce, async (namespace) => {
    signal.throwIfAborted();
    const uid = uids.get(namespace.metadata.labels?.[labels.tenant] ?? "");
    await mark(kube, namespace, uid ?? orphanedUid);
    marked[uid === undefined ? "orphaned" : "given"]++;
  });
  if (marked.given + marked.orphaned > 0) log.info("namespaces say by uid whose they are", marked);
  const settled = new Date(clock.now()).toISOString();
  const map = resources.configMaps as Resource;
  await kube.patch(map, ownershipConfigMap, "merge", { data: { settled } }, { namespace: productNamespace });
}

/** Tenants that were there at `began` (RFC 3339, whole seconds), by name. */
export function formerOwners(tenants: readonly Tenant[], began: string): Map<string, string> {
  return new Map(
    tenants
      .filter(
        ({ metadata }) => metadata.uid && Date.parse(metadata.creationTimestamp ?? "") <= Date.parse(began),
      )
      .map(({ metadata }) => [metadata.name, metadata.uid!]),
  );
}

async function beginning(kube: KubeClient, namespace: string): Promise<KubeObject> {
  const map = resources.configMaps as Resource;
  const found = await kube.find(map, ownershipConfigMap, { namespace });
  if (found) return found;
  try {
    return await kube.create(map, { metadata: { name: ownershipConfigMap, namespace } });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
    return kube.get(map, ownershipConfigMap, { namespace });
  }
}

/**
 * Writes the owner's uid on a namespace that has none. A namespace that has one by now, or is gone, is left as it is: the first
 * of two operators wins.
 */
export async function mark(kube: KubeClient, namespace: KubeObject, uid: string): Promise<void> {
  let seen: KubeObject | undefined = namespace;
  while (seen && isUnmarked(seen)) {
    const { name = "", resourceVersion, uid: own } = seen.metadata as KubeObject["metadata"];
    try {
      const metadata = { uid: own, resourceVersion, labels: { [labels.tenantUid]: uid } };
      await kube.patch(namespaces, name, "merge", { metadata }, { fieldManager: ownershipManager });
      return;
    } catch (error) {
      if (isNotFound(error)) return;
      if (!isConflict(error)) throw error;
    }
    const now: KubeObject | undefined = await findListed(kube, namespaces, name);
    seen = now?.metadata.uid === own ? now : undefined;
  }
}
