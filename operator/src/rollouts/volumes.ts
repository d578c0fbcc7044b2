import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { matchLabelSelector, type NodeFacts } from "@companyos/policies";
import { podSpecOf } from "./template.ts";
import type { Workload } from "./workload.ts";

const claims = resources.persistentVolumeClaims as Resource;
const volumes = resources.persistentVolumes as Resource;

/**
 * The claim of a workload whose volume no node of the regions can reach: a pod that is pinned there would wait for ever.
 * Undefined when there is none. A claim that is not bound yet goes where its pod goes.
 */
export async function volumeElsewhere(
  kube: KubeClient,
  workload: Workload,
  regions: readonly string[],
  nodes: Iterable<NodeFacts>,
): Promise<string | undefined> {
  const wanted = claimsOf(workload);
  if (!wanted.some) return undefined;
  const inside = [...nodes].filter(({ region }) => region !== undefined && regions.includes(region));
  const { namespace } = workload.object.metadata;
  const { items } = await kube.list(claims, { namespace });
  for (const { metadata, spec } of items) {
    if (!wanted.has(metadata.name ?? "") || !spec?.volumeName) continue;
    const volume = await kube.find(volumes, spec.volumeName);
    if (volume && !reachable(volume, inside)) return metadata.name;
  }
  return undefined;
}

/** Claims that its pods name, or that are made for them. */
function claimsOf({ kind, object }: Workload): { readonly some: boolean; has(name: string): boolean } {
  const named = new Set<string>(
    (podSpecOf(object, kind.path).volumes ?? []).flatMap(
      ({ persistentVolumeClaim }: KubeObject) => persistentVolumeClaim?.claimName ?? [],
    ),
  );
  const templates: KubeObject[] = object.spec?.volumeClaimTemplates ?? [];
  const made = templates.map(({ metadata }) => `${metadata.name}-${object.metadata.name}-`);
  return {
    some: named.size + made.length > 0,
    has: (name) =>
      named.has(name) ||
      made.some((prefix) => name.startsWith(prefix) && /^\d+$/.test(name.slice(prefix.length))),
  };
}

/** Whether one of the nodes can mount it (`PersistentVolume.spec.nodeAffinity.required`; absent: every node). Pure. */
export function reachable(volume: KubeObject, nodes: readonly NodeFacts[]): boolean {
  const terms: KubeObject[] | undefined = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return true;
  return nodes.some((node) => terms.some((term) => matches(term, node)));
}

/** An operator that compares numbers is taken to match: nobody is to be held up by what is not understood. */
function matches({ matchExpressions = [], matchFields = [] }: KubeObject, node: NodeFacts): boolean {
  if (matchExpressions.length + matchFields.length === 0) return false;
  const fields = { "metadata.name": node.name };
  return (
    matchLabelSelector({ matchExpressions }, node.labels) !== false &&
    matchLabelSelector({ matchExpressions: matchFields }, fields) !== false
  );
}
