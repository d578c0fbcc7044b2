import { fieldManager, isOurManager, restrictedRegion } from "@companyos/crds";
import {
  findListed,
  isPodOver,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";

const nodes = resources.nodes as Resource;

/** `taken`: the label is off. `theirs`: somebody else wrote it, such as a node pool. `needed`: pods there are pinned by it. */
export type TakenBack = "taken" | "theirs" | "needed" | "changed";

/**
 * Takes the label of a region that is gone, or lists the node no more, off a node, if the operator alone wrote it, as the node's managedFields say, and no
 * pod there is pinned by it: a DaemonSet's pods would be deleted, and a kubelet that restarts refuses others. `first` is
 * called before the write.
 */
export async function takeBack(
  kube: KubeClient,
  { name, uid, region }: { readonly name: string; readonly uid: string; readonly region: string },
  first: () => Promise<unknown>,
): Promise<TakenBack> {
  // The watch keeps no managedFields.
  const live = await findListed(kube, nodes, name);
  if (live?.metadata.uid !== uid || live.metadata.labels?.[restrictedRegion] !== region) return "changed";
  if (!isOurs(live)) return "theirs";
  const pods = await kube.list(resources.pods as Resource, { fieldSelector: `spec.nodeName=${name}` });
  if (pods.items.some(needsLabel)) return "needed";
  await first();
  const { resourceVersion } = live.metadata;
  const metadata = { uid, resourceVersion, labels: { [restrictedRegion]: null } };
  await kube.patch(nodes, name, "merge", { metadata }, { fieldManager: fieldManager("nodes") });
  return "taken";
}

/** Whether the operator, and nobody else, wrote the label. Pure. */
export function isOurs({ metadata }: KubeObject): boolean {
  const writers = (metadata.managedFields ?? []).filter(({ fieldsV1 }) => {
    const fields = fieldsV1 as { "f:metadata"?: { "f:labels"?: object } } | undefined;
    return `f:${restrictedRegion}` in (fields?.["f:metadata"]?.["f:labels"] ?? {});
  });
  return writers.length > 0 && writers.every(({ manager }) => isOurManager(manager));
}

/** Pure. */
export function needsLabel({ spec, status }: KubeObject): boolean {
  return (
    !isPodOver(status) &&
    JSON.stringify([spec?.nodeSelector ?? {}, spec?.affinity?.nodeAffinity ?? {}]).includes(restrictedRegion)
  );
}
