import { createHash } from "node:crypto";
import { type ClusterDns, namespaceObjects, footprint as render } from "@companyos/cdk8s";
import { annotations, isAssigned, labels, namespacesOf, ownerUid, type Tenant } from "@companyos/crds";
import { applyIfChanged, isInvalid, type KubeClient, type KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { lastChanger, seenNow, takenBy } from "../changed-by.ts";
import { isAdopted, isManagedByOthers } from "./adopt.ts";
import { formerRegions } from "./former.ts";
import { identity, manager, type Owned } from "./owned.ts";
import { isPurged, notedPolicy } from "./purge.ts";

export interface FootprintResult {
  readonly objects: readonly KubeObject[];
  /** `Kind namespace/name` of what had to be written or removed. */
  readonly written: readonly string[];
  readonly removed: readonly string[];
  /** Of what was written, what had been written as it is wanted, and what somebody did to it: see `undoing`. */
  readonly restored: readonly string[];
}

/** Digests of what was wanted of each object, by `identity`, when it was last as it was wanted. */
export type LastWanted = Map<string, string>;

/** What a Tenant's status says of that: what was changed while no operator looked is somebody's doing too. Pure. */
export function lastWantedOf({ status }: Tenant): LastWanted {
  return new Map(
    (status?.inventory ?? []).flatMap(({ digest, kind, namespace, name }) =>
      digest === undefined
        ? []
        : [[identity({ kind, metadata: { name, ...(namespace ? { namespace } : {}) } }), digest] as const],
    ),
  );
}

/**
 * Brings the tenant's footprint about: creates what is missing, corrects what differs, removes what left the spec.
 * Nothing is sent when nothing differs. Namespaces that left the spec are kept with everything in them unless they
 * left under `Purge`. Claims in `except` are left alone with all that stands there: they are not the tenant's to have.
 * Throws the first of what the API server finds invalid (422), once the others are as they should be. `last` is brought up to date.
 */
export async function applyFootprint(options: {
  kube: KubeClient;
  owned: Owned;
  tenant: Tenant;
  plan: Plan;
  dns: ClusterDns;
  last: LastWanted;
  except?: ReadonlySet<string>;
}): Promise<FootprintResult> {
  const { kube, owned, tenant, plan, dns, last, except = new Set<string>() } = options;
  const objects = (render(tenant, plan, { dns }) as KubeObject[]).filter(
    (object) => !except.has(namespaceOf(object)),
  );
  const written: string[] = [];
  const restored: string[] = [];
  const invalid: unknown[] = [];
  // A namespace that it no longer claims and that is kept is still its own: the plan holds there too.
  const kept = namespaceObjects(tenant.metadata, keptNamespaces(owned, tenant), plan);
  const all = [...objects, ...(kept as KubeObject[])];
  // What leaves the spec and comes back is nobody's doing.
  const ids = new Set(all.map(identity));
  for (const id of last.keys()) if (!ids.has(id)) last.delete(id);
  for (const desired of all) {
    const id = identity(desired);
    const wanted = wantedOf(desired, tenant);
    const isAgain = last.get(id) === wanted;
    const before = owned.live(desired);
    let seen: KubeObject | undefined;
    let what = "";
    const ask = async (desired: KubeObject) => {
      seen = await seenNow(kube, owned.resource(desired.kind!), desired);
      what = seen ? undoing(seen, desired) : "";
    };
    try {
      const now = await applyOne({ kube, owned, tenant, desired, ask: isAgain ? ask : undefined });
      last.set(id, wanted);
      // The watch was late, and all was put back already.
      if (!now || now.metadata.resourceVersion === seen?.metadata.resourceVersion) continue;
      written.push(id);
      if (now.metadata.uid !== before?.metadata.uid) what = " (deleted)";
      if (isAgain) restored.push(`${id}${what}`);
    } catch (error) {
      // A limit that cannot be is no reason to leave pods without their network policy.
      if (!isInvalid(error)) throw error;
      invalid.push(error);
    }
  }
  const removed: string[] = [];
  for (const object of unwanted(owned, tenant, objects, except)) {
    const { namespace, uid } = object.metadata;
    const resource = owned.resource(object.kind!);
    if (await kube.delete(resource, object.metadata.name!, { namespace, preconditions: { uid: uid! } })) {
      removed.push(identity(object));
    }
  }
  if (invalid.length > 0) throw invalid[0];
  return { objects, written, removed, restored };
}

/**
 * What was done to an object, and by whom, as far as it says so: who changed a value has it; who took one away has nothing, and may
 * be the one who wrote last.
 */
function undoing(live: KubeObject, desired: KubeObject): string {
  const by = takenBy(live, desired, manager);
  if (by.length > 0) return ` (changed by field manager ${by.join(", ")})`;
  const last = lastChanger(live);
  return ` (something of it was taken away${last === undefined ? "" : `; field manager ${last} wrote last`})`;
}

/** 132 bits: it stands in a status for each object. */
const digestLength = 22;

/** What `deletionPolicy` leaves on a namespace is not in the rendered object. */
function wantedOf(rendered: KubeObject, { spec }: Tenant): string {
  return createHash("sha256")
    .update(JSON.stringify([rendered, spec.deletionPolicy]))
    .digest("base64url")
    .slice(0, digestLength);
}

/**
 * Brings the residency metadata of the tenant's namespaces to the plan and touches nothing else: the policies in the
 * API server go by it.
 * @returns names of the namespaces that had to be written.
 */
export async function applyResidency(options: {
  kube: KubeClient;
  owned: Owned;
  tenant: Tenant;
  plan: Plan;
}): Promise<readonly string[]> {
  const { kube, owned, tenant, plan } = options;
  const { metadata } = tenant;
  const standing = owned
    .namespacesOf(metadata.uid!)
    .filter(({ metadata }) => !metadata.deletionTimestamp)
    .map(({ metadata }) => metadata.name!);
  const written: string[] = [];
  for (const desired of namespaceObjects(metadata, standing, plan)) {
    if (await applyOne({ kube, owned, tenant, desired: desired as KubeObject }))
      written.push(desired.metadata.name);
  }
  return written;
}

/** Gives the object as it is now; undefined: nothing had to be changed. */
async function applyOne(options: {
  kube: KubeClient;
  owned: Owned;
  tenant: Tenant;
  desired: KubeObject;
  /** Before something that stands is written over. */
  ask?: ((desired: KubeObject) => Promise<void>) | undefined;
}): Promise<KubeObject | undefined> {
  const { kube, owned, tenant, desired, ask } = options;
  const live = owned.live(desired);
  const resource = owned.resource(desired.kind!);
  const apply = (live: KubeObject | null) => {
    const applied = asApplied(desired, live, tenant);
    const beforeWrite = ask && (() => ask(applied));
    return applyIfChanged({
      client: kube,
      resource,
      desired: applied,
      fieldManager: manager,
      live,
      beforeWrite,
    });
  };
  if (live) {
    const { object, changed } = await apply(live);
    return changed ? object : undefined;
  }
  return owned.creating(desired, async () => {
    // Creating, not applying: a namespace that somebody made a moment ago is refused and not taken over.
    const isNamespace = desired.kind === "Namespace";
    const made = isNamespace
      ? await kube.create(resource, asCreated(desired, tenant), { fieldManager: manager })
      : null;
    const { object, changed } = await apply(made);
    return { object, result: changed ? object : undefined };
  });
}

/** An object of the footprint as it is created where nothing of its name stands. */
export function asCreated(rendered: KubeObject, tenant: Tenant): KubeObject {
  return rendered.kind === "Namespace" ? noting(rendered, notedPolicy(undefined, tenant)) : rendered;
}

/** The same as it is applied to what stands. Throws NAMESPACE_REPLACED for a namespace that is not the Tenant's. */
export function asApplied(rendered: KubeObject, live: KubeObject | null, tenant: Tenant): KubeObject {
  if (rendered.kind !== "Namespace") return rendered;
  return asItIs(noting(rendered, notedPolicy(live ?? undefined, tenant)), live);
}

function noting(namespace: KubeObject, policy: string): KubeObject {
  const { metadata } = namespace;
  const noted = { ...metadata.annotations, [annotations.deletionPolicy]: policy };
  return { ...namespace, metadata: { ...metadata, annotations: noted } };
}

/**
 * A namespace as it is applied to one that stands. Whose it is was settled when it was made or handed over: applying
 * neither says so again nor reaches another one of its name, nor does an earlier release take it off. Who manages one
 * that was handed over stays said as its manager says it; the default tenant says nothing of it.
 */
function asItIs(desired: KubeObject, live: KubeObject | null): KubeObject {
  const { [labels.tenantUid]: owner, ...others } = desired.metadata.labels ?? {};
  // Between looking at the claim and here it may have been deleted and made again by somebody.
  if (live && ownerUid(live) !== owner)
    throw Object.assign(new Error(`namespace ${desired.metadata.name} is another one now`), {
      code: "NAMESPACE_REPLACED",
    });
  const assigned = live !== null && isAssigned(live);
  if (live && (assigned || (isAdopted(live) && isManagedByOthers(live)))) delete others[labels.managedBy];
  const uid = live?.metadata.uid;
  const allowed = desired.metadata.annotations?.[annotations.allowedRegions] ?? "";
  const former = formerRegions(live, allowed.split(","));
  return {
    ...desired,
    metadata: {
      ...desired.metadata,
      labels: { ...others, ...former.labels, ...(assigned ? { [labels.assigned]: "default" } : {}) },
      annotations: { ...desired.metadata.annotations, ...former.annotations },
      ...(uid ? { uid } : {}),
    },
  };
}

function unwanted(
  owned: Owned,
  tenant: Tenant,
  desired: readonly KubeObject[],
  except: ReadonlySet<string>,
): KubeObject[] {
  const desiredIds = new Set(desired.map(identity));
  const claimed = new Set(namespacesOf(tenant));
  // What it has as the default tenant has no footprint: it may stem from a claim that an earlier release took for enough.
  const assigned = owned.assignedTo(tenant.metadata.name).map(({ metadata }) => metadata.name!);
  const left = owned
    .in([...[...claimed].filter((name) => !except.has(name)), ...assigned])
    .filter((object) => !desiredIds.has(identity(object)) && !object.metadata.deletionTimestamp);
  const purged = leftNamespaces(owned, tenant).filter((namespace) => isPurged(namespace, tenant));
  return [...left, ...purged];
}

/** Where an object stands, a namespace in itself; empty for what stands in none. */
export function namespaceOf({ kind, metadata }: KubeObject): string {
  return (kind === "Namespace" ? metadata.name : metadata.namespace) ?? "";
}

function keptNamespaces(owned: Owned, tenant: Tenant): string[] {
  return leftNamespaces(owned, tenant)
    .filter((namespace) => !isPurged(namespace, tenant))
    .map(({ metadata }) => metadata.name!);
}

/**
 * Namespaces of this very Tenant that it does not claim, or not any more, or that a claim alone does not give it: by uid,
 * one of its name may have been before it.
 */
export function leftNamespaces(owned: Owned, tenant: Tenant): KubeObject[] {
  const claimed = namespacesOf(tenant);
  return owned
    .namespacesOf(tenant.metadata.uid!)
    .filter((one) => !claimed.includes(one.metadata.name ?? "") || isAssigned(one))
    .filter(({ metadata }) => !metadata.deletionTimestamp);
}
