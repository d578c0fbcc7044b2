import { type KubeClient, pooled } from "@companyos/kube";
import { isPinned, podSpecOf, rolledKinds } from "@companyos/operator/rollouts";
import type { Item } from "./item.ts";
import type { Revision } from "./namers.ts";

/**
 * Deletes old revisions whose owner is through with a template without a pin; no pod is made of them, and no rollback goes
 * to them any more. Never rejects.
 */
export function deleteRevisions(client: KubeClient, revisions: readonly Revision[]): Promise<Item[]> {
  return pooled(revisions, 8, async ({ resource, object, item }): Promise<Item> => {
    const { name = "", namespace, uid, resourceVersion } = object.metadata;
    try {
      const needed = await whyNeeded(client, object);
      if (needed) return { ...item, message: needed };
      const preconditions = { uid: uid!, resourceVersion: resourceVersion! };
      await client.delete(resource, name, { namespace, preconditions });
      const { kind } = item;
      return { kind, namespace: namespace ?? "", name, state: "deleted" };
    } catch (error) {
      return { ...item, code: "FAILED", message: (error as Error).message };
    }
  });
}

/** Why a revision is to stay for now; undefined: it can go. */
async function whyNeeded(client: KubeClient, { metadata }: Revision["object"]): Promise<string | undefined> {
  const { namespace, name } = metadata;
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const kind = rolledKinds.find(
    ({ resource: { group, kind } }) => owner?.kind === kind && owner.apiVersion.startsWith(`${group}/`),
  );
  if (!owner || !kind)
    return `${owner?.kind ?? "somebody"} made it, which nothing here knows: delete it yourself`;
  const live = await client.find(kind.resource, owner.name, { namespace });
  // It goes with its owner.
  if (live?.metadata.uid !== owner.uid) return undefined;
  if (isPinned(podSpecOf(live, kind.path))) return `${owner.kind} ${owner.name} bears the pin itself`;
  const { currentRevision, updateRevision } = live.status ?? {};
  if (!kind.progress(live).moved || currentRevision === name || updateRevision === name)
    return `${owner.kind} ${owner.name} still has pods of it: run this again once they are replaced`;
  return undefined;
}
