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

/**
 * `create` and `change`: written. `same`: left alone. `delete`: no longer wanted and taken away, with all that is in it.
 * `keep`: no longer claimed, and still the Tenant's with all that is in it. `release`: let go, nothing in it is deleted.
 * `conflict`: it is somebody else's, so the operator leaves it alone and says so in the Tenant's status.
 */
export type Action = "create" | "change" | "same" | "delete" | "keep" | "release" | "conflict";

export interface Change {
  readonly action: Action;
  readonly object: KubeObject;
  /** With `change`: the part of what stands that this footprint speaks of; with `delete`, all of it. */
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
}): Change[] {
  const { tenant, desired, live, uid } = options;
  const standing = new Map(live.map((object) => [identity(object), object]));
  const foreign = new Set(
    live
      .filter((object) => isNamespace(object) && (!isOwn(object, uid) || isOnlyAssigned(object, tenant)))
      .map(({ metadata }) => metadata.name),
  );
  const wanted = new Set(desired.map(identity));
  const made = desired.map((object) => {
    const there = standing.get(identity(object));
    return foreign.has(namespaceOf(object)) ? conflict(object, tenant) : compareOne(object, there, tenant);
  });
  const left = live
    .filter((object) => !wanted.has(identity(object)) && !foreign.has(namespaceOf(object)))
    .filter(({ metadata }) => metadata.labels?.[labels.tenant] === tenant.metadata.name)
    .flatMap((object) => leave(object, tenant));
  return [...made, ...left];
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

function conflict(object: KubeObject, { metadata }: Tenant): Change {
  if (!isNamespace(object)) return { action: "conflict", object };
  const { name } = object.metadata;
  const note = `namespace ${name} is there already and not this Tenant's: companyos adopt ${name} --tenant ${metadata.name}`;
  return { action: "conflict", object, note };
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

/** A claim alone does not make it the Tenant's: it has it as the default tenant. */
const isOnlyAssigned = (namespace: KubeObject, tenant: Tenant) =>
  isAssigned(namespace) && !isLeft(namespace, tenant);
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
