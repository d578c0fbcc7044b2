/** What names the label that pins go by though no pod of it runs: it would lead to no node once the label is gone. */
import { type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import { isPinned, isRolled, type RolledKind, rolledKinds } from "@companyos/operator/rollouts";
import { crdName, customKinds, type PlacedKind, placedKinds, podSpecsAt } from "@companyos/policies";
import { crdNames } from "../adopt/contents.ts";
import type { Item } from "./item.ts";
import { type Listing, listIn } from "./listing.ts";
import { idOf } from "./pinned.ts";
import type { Scope } from "./scope.ts";

/** An old ReplicaSet, ReplicationController or ControllerRevision, which a rollback would bring back. */
export interface Revision {
  readonly resource: Resource;
  readonly object: KubeObject;
  readonly item: Item;
}

export interface Namers {
  /** Templates that are somebody else's to change, and kinds that could not be listed. */
  readonly items: readonly Item[];
  readonly revisions: readonly Revision[];
  readonly unread: readonly string[];
}

/** Besides pods, Jobs, and workloads whose template unpin itself changes. Never rejects. */
export async function namersOf(client: KubeClient, scope: Scope): Promise<Namers> {
  const crds = await crdNames(client).catch(() => undefined);
  const kinds = [...builtIn, ...customKinds.filter((kind) => crds?.has(crdName(kind)))];
  const [revisions, ...templates] = await Promise.all([
    listIn(client, resources.controllerRevisions as Resource, scope),
    ...kinds.map(async (kind) => ({ kind, listing: await listOf(client, kind, scope) })),
  ]);
  const named = templates.flatMap(({ kind, listing }) =>
    listing.objects.filter((object) => names(kind, object)).map((object) => ({ kind, object })),
  );
  const old = named.filter(({ object }) => isScaledDown(object));
  return {
    items: [
      ...named.filter((one) => !old.includes(one)).map(({ kind, object }) => templateItem(kind.kind, object)),
      ...[revisions, ...templates.map(({ listing }) => listing)].flatMap(({ failed }) => failed),
    ],
    revisions: [
      ...old.map(({ kind, object }) => revisionOf(resourceOf(kind), object)),
      ...revisions.objects
        .filter(({ data }) => isPinned(data?.spec?.template?.spec))
        .map((object) => revisionOf(resources.controllerRevisions as Resource, object)),
    ],
    unread: crds ? [] : ["CustomResourceDefinition"],
  };
}

/** Pods and Jobs are looked at as what runs. */
const builtIn = placedKinds.filter(({ kind, template }) => template && kind !== "Pod" && kind !== "Job");
const rolled = new Map<string, RolledKind>(rolledKinds.map((kind) => [kind.resource.kind, kind]));

function names(placed: PlacedKind, object: KubeObject): boolean {
  const own = placed.podSpecs === undefined ? rolled.get(placed.kind) : undefined;
  if (object.metadata.deletionTimestamp || (own && isRolled(own, object))) return false;
  const paths = placed.podSpecs ?? [[...placed.template!.path, "spec"]];
  return paths.some((path) => podSpecsAt(object, path).some(({ spec }) => isPinned(spec)));
}

function resourceOf(
  { group, versions, resource: plural, kind }: PlacedKind,
  version = versions[0]!,
): Resource {
  return { group, version, plural, kind, namespaced: true };
}

/** In the first version that is served. */
async function listOf(client: KubeClient, kind: PlacedKind, scope: Scope): Promise<Listing> {
  const listings: Listing[] = [];
  for (const version of kind.versions) {
    const listing = await listIn(client, resourceOf(kind, version), scope);
    if (listing.objects.length > 0 || listing.failed.length > 0) return listing;
    listings.push(listing);
  }
  return listings[0]!;
}

/** What a controller made and scaled down keeps for a rollback. */
function isScaledDown({ metadata, spec, status }: KubeObject): boolean {
  const isMade = metadata.ownerReferences?.some(({ controller }) => controller) ?? false;
  return isMade && spec?.replicas === 0 && (status?.replicas ?? 0) === 0;
}

function templateItem(kind: string, { metadata }: KubeObject): Item {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const message = owner
    ? `${owner.kind} ${owner.name} made it: take the pin out of that`
    : "its template names the label that pins go by: take it out there";
  return { ...idOf(kind, metadata), state: "remains", code: "TEMPLATE_PINNED", message };
}

function revisionOf(resource: Resource, object: KubeObject): Revision {
  const owner = object.metadata.ownerReferences?.find(({ controller }) => controller);
  const message = `a rollback of ${owner ? `${owner.kind} ${owner.name}` : "what made it"} to it would bring the pin back: delete it, or have --old-revisions do so`;
  const id = idOf(resource.kind, object.metadata);
  return { resource, object, item: { ...id, state: "remains", code: "REVISION_PINNED", message } };
}
