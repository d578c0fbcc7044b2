import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import {
  deprecatedRegionKey,
  deprecatedZoneKey,
  matchLabelSelector,
  type NodeFacts,
  type RegionFacts,
  topologyRegionKey,
  topologyZoneKey,
  vouchedRegionKey,
} from "@companyos/policies";
import { podSpecOf } from "./template.ts";
import type { Workload } from "./workload.ts";

const claims = resources.persistentVolumeClaims as Resource;
const volumes = resources.persistentVolumes as Resource;

/** What is known of where volumes may lie. */
export interface Places {
  readonly nodes: readonly NodeFacts[];
  readonly regions: readonly RegionFacts[];
}

/**
 * The claim of a workload whose volume no node of the regions can reach: a pod that is pinned there would wait for ever.
 * Undefined when there is none. A claim that is not bound yet goes where its pod goes.
 */
export async function volumeElsewhere(
  kube: KubeClient,
  workload: Workload,
  allowed: readonly string[],
  places: Places,
): Promise<string | undefined> {
  const wanted = claimsOf(workload);
  if (!wanted.some) return undefined;
  const { namespace } = workload.object.metadata;
  const { items } = await kube.list(claims, { namespace });
  for (const { metadata, spec } of items) {
    if (!wanted.has(metadata.name ?? "") || !spec?.volumeName) continue;
    const volume = await kube.find(volumes, spec.volumeName);
    if (volume && !reachable(volume, allowed, places)) return metadata.name;
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

/**
 * Whether a node of the allowed regions can mount it, or one that is not there yet: where no node stands, as in a pool at zero,
 * the next one will have the labels of its place (`PersistentVolume.spec.nodeAffinity.required`; absent: every node). Pure.
 */
export function reachable(
  volume: KubeObject,
  allowed: readonly string[],
  { nodes, regions }: Places,
): boolean {
  const terms: KubeObject[] | undefined = volume.spec?.nodeAffinity?.required?.nodeSelectorTerms;
  if (terms === undefined) return true;
  const reaches = (node: NodeFacts) => terms.some((term) => matches(term, node));
  const inside = nodes.filter(({ region }) => region !== undefined && allowed.includes(region));
  if (inside.some(reaches)) return true;
  const liesElsewhere = nodes.some(reaches);
  return regions
    .filter(({ name }) => allowed.includes(name))
    .flatMap((region) => emptyPlaces(region, inside))
    .some((labels) => terms.some((term) => couldMatch(term, labels, liesElsewhere)));
}

type Labels = Readonly<Record<string, string>>;

/** Labels of a node's place, for each zone of the region in which none stands; of the region where it has no zones. */
function emptyPlaces({ name, zones }: RegionFacts, inside: readonly NodeFacts[]): Labels[] {
  const its = inside.filter(({ region }) => region === name);
  const labels = { [vouchedRegionKey]: name, [topologyRegionKey]: name, [deprecatedRegionKey]: name };
  if (zones.length === 0) return its.length === 0 ? [labels] : [];
  const zoneOf = (node: NodeFacts) => node.labels[topologyZoneKey] ?? node.labels[deprecatedZoneKey];
  return zones
    .filter((zone) => !its.some((node) => zoneOf(node) === zone))
    .map((zone) => ({ ...labels, [topologyZoneKey]: zone, [deprecatedZoneKey]: zone }));
}

/** By what says where; of what else the term asks for nobody knows, unless a node elsewhere has it. */
function couldMatch(
  { matchExpressions = [], matchFields = [] }: KubeObject,
  place: Labels,
  liesElsewhere: boolean,
) {
  const told = matchExpressions.filter(({ key }: { key: string }) => Object.hasOwn(place, key));
  const untold = matchExpressions.length - told.length + matchFields.length;
  if (told.length + untold === 0 || (untold > 0 && liesElsewhere)) return false;
  return matchLabelSelector({ matchExpressions: told }, place) !== false;
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
