/** What the operator would do to the objects of one tenant. Pure. */
import { isAssigned, labels, namespacesOf, ownerUid, type Tenant } from "@companyos/crds";
import { compareOwned, type KubeObject, keyOf } from "@companyos/kube";
import {
  asApplied,
  asCreated,
  identity,
  isPurged,
  manager,
  namespaceOf,
} from "@companyos/operator/footprint";
import type { Claims } from "./claims.ts";

/**
 * `create` and `change`: written. `same`: left alone. `delete`: no longer wanted and taken away, with all that is in it.
 * `keep`: no longer claimed, and still the Tenant's with all that is in it. `release`: let go, nothing in it is deleted.
 * `adopt`: handed over by consent of both sides, nothing in it is deleted. `conflict`: it is not the Tenant's to have, so the
 * operator leaves it alone and says so in the Tenant's status.
 */
export type Action = "create" | "change" | "same" | "delete" | "keep" | "release" | "adopt" | "conflict";

export interface Change {
  readonly action: Action;
  readonly object: KubeObject;
  /** With `change`: the part of what stands that this footprint speaks of; with `delete` and `adopt`, all of it. */
  readonly live?: KubeObject;
  /** What to know or to do about it. */
  readonly note?: string;
}

/**
 * @param live what stands under the names that are wanted, and what else is labelled as this tenant's
 * @param uid of the Tenant in the cluster; undefined when there is none yet
 */
export function compareFootprint(options: {
  readonly tenant: Tenant;
  readonly desired: readonly KubeObject[];
  readonly live: readonly KubeObject[];
  readonly uid: string | undefined;
  readonly claims: Claims;
}): Change[] {
  const { tenant, desired, live, uid, claims } = options;
  const standing = new Map(live.map((object) => [identity(object), object]));
  const wanted = new Set(desired.map(identity));
  const made = desired.map((object) => {
    const there = standing.get(identity(object));
    const after = claims.adopted.get(identity(object));
    if (after && there) return adopt(object, there, after, tenant);
    return conflictOf(object, claims) ?? compareOne(object, there, tenant);
  });
  const isForeign = (object: KubeObject) =>
    isNamespace(object) ? !isOwn(object, uid) : claims.problems.has(namespaceOf(object));
  const left = live
    .filter((object) => !wanted.has(identity(object)) && !isForeign(object))
    .filter(({ metadata }) => metadata.labels?.[labels.tenant] === tenant.metadata.name)
    .flatMap((object) => leave(object, tenant));
  return [...made, ...left];
}

/** Of an object that stands where the Tenant cannot have a namespace. */
export function conflictOf(object: KubeObject, { problems }: Claims): Change | undefined {
  const note = problems.get(namespaceOf(object));
  if (note === undefined) return undefined;
  return isNamespace(object) ? { action: "conflict", object, note } : { action: "conflict", object };
}

const handOver =
  "both sides agreed to it: it is this Tenant's then, with its regions in force, and nothing in it is deleted";

/** `after`: what stands, as it is once it is the Tenant's. */
function adopt(object: KubeObject, there: KubeObject, after: KubeObject, tenant: Tenant): Change {
  const { metadata } = asApplied(object, after, tenant);
  const both = {
    ...after.metadata,
    labels: { ...after.metadata.labels, ...metadata.labels },
    annotations: { ...after.metadata.annotations, ...metadata.annotations },
  };
  return {
    action: "adopt",
    object: shownOf({ ...after, metadata: both }),
    live: shownOf(there),
    note: handOver,
  };
}

function compareOne(object: KubeObject, there: KubeObject | undefined, tenant: Tenant): Change {
  if (!there) return { action: "create", object: asCreated(object, tenant) };
  const applied = asApplied(object, there, tenant);
  const owned = ownedFields(there);
  const same = owned !== undefined && compareOwned(applied, there, owned) !== "differs";
  if (same) return { action: isLeft(there, tenant) ? "keep" : "same", object: shownOf(applied) };
  const shown = shownOf(applied);
  return { action: "change", object: shown, live: part(there, shown, owned) as KubeObject };
}

/** What stands and is not wanted. A namespace that is kept is wanted as it is kept. */
function leave(live: KubeObject, tenant: Tenant): Change[] {
  const object = { apiVersion: live.apiVersion, kind: live.kind, metadata: named(live) } as KubeObject;
  if (!isNamespace(live)) {
    // What stands in a namespace that left goes or stays with it.
    return namespaceOf(live) === "" || namespacesOf(tenant).includes(namespaceOf(live))
      ? [{ action: "delete", object, live: shownOf(live) }]
      : [];
  }
  if (isReleased(live, tenant))
    return [{ action: "release", object, note: "spec.release: it belongs to no Tenant afterwards" }];
  const note = "it is claimed no more; deletionPolicy Purge deletes it with all that is in it";
  return [{ action: "delete", object, live: shownOf(live), note }];
}

/** Namespaces of the Tenant that it claims no more and that stay its own. */
export function keptOf(live: readonly KubeObject[], tenant: Tenant, uid: string | undefined): string[] {
  return live
    .filter((object) => isNamespace(object) && isOwn(object, uid) && isLeft(object, tenant))
    .filter((namespace) => !isPurged(namespace, tenant) && !isReleased(namespace, tenant))
    .map(({ metadata }) => metadata.name ?? "");
}

const isReleased = (namespace: KubeObject, { spec }: Tenant) =>
  !isAssigned(namespace) && (spec.release?.includes(namespace.metadata.name ?? "") ?? false);

const isLeft = (object: KubeObject, tenant: Tenant) =>
  isNamespace(object) && !namespacesOf(tenant).includes(object.metadata.name ?? "");
const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";
const isOwn = (namespace: KubeObject, uid: string | undefined) =>
  uid !== undefined && ownerUid(namespace) === uid;

const named = ({ metadata: { name, namespace } }: KubeObject) => ({
  name,
  ...(namespace === undefined ? {} : { namespace }),
});

function ownedFields({ metadata }: KubeObject): object | undefined {
  return metadata.managedFields?.find(
    (entry) => entry.manager === manager && entry.operation === "Apply" && !entry.subresource,
  )?.fieldsV1;
}

/** Without what says which object is meant, and without what the API server keeps for itself. */
function shownOf(object: KubeObject): KubeObject {
  const { status: _, metadata, ...rest } = object as KubeObject & { status?: unknown };
  const { labels: labelled, annotations } = metadata;
  const shown = {
    ...named(object),
    ...(labelled === undefined ? {} : { labels: labelled }),
    ...(annotations === undefined ? {} : { annotations }),
  };
  return { ...rest, metadata: shown } as KubeObject;
}

type Node = Record<string, unknown>;

/** Of what stands: members that are wanted, or that the operator wrote once (FieldsV1 of meta/v1). */
function part(live: unknown, desired: unknown, owned: unknown): unknown {
  if (!isObject(live) || !isObject(desired)) return live;
  const own = isObject(owned) ? owned : {};
  const kept = Object.keys(live).filter((key) => key in desired || `f:${key}` in own);
  return Object.fromEntries(kept.map((key) => [key, part(live[key], desired[key], own[`f:${key}`])]));
}

function isObject(thing: unknown): thing is Node {
  return typeof thing === "object" && thing !== null && !Array.isArray(thing);
}

/** `Kind namespace/name`, as it is shown. */
export const titleOf = (object: KubeObject): string => `${object.kind} ${keyOf(object)}`;
