import { ownersObjects } from "@companyos/cdk8s";
import { isAssigned, ownersRole, type Tenant } from "@companyos/crds";
import {
  applyIfChanged,
  isForbidden,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
} from "@companyos/kube";
import { identity, manager, type Owned } from "./owned.ts";

export interface Revoked {
  /** `Kind namespace/name` of bindings that bind fewer now. */
  readonly written: readonly string[];
  /** The same of bindings that are gone. */
  readonly removed: readonly string[];
  /** Why the others still stand: the first error. */
  readonly failed: Error | undefined;
}

interface Subject {
  readonly kind: string;
  readonly namespace?: string;
  readonly name: string;
}

/**
 * Removes subjects that the Tenant does not name from the bindings of the footprint: in every namespace of the Tenant,
 * claimed or retained, and in cluster-scoped bindings. In what it lets go, in what it has as the default tenant only, and
 * once it is being deleted, that is everybody. It grants nothing, needs no plan and waits for nothing: former owners lose
 * their rights also while the Tenant is paused or one of its claims is in conflict. Does not reject: a binding that cannot
 * be written does not keep the others from being written.
 */
export async function revokeRights(options: {
  kube: KubeClient;
  owned: Owned;
  tenant: Tenant;
}): Promise<Revoked> {
  const { kube, owned, tenant } = options;
  const its = owned.namespacesOf(tenant.metadata.uid!);
  const own = its.map(({ metadata }) => metadata.name!);
  const staying = its
    .filter((namespace) => !isAssigned(namespace))
    .map(({ metadata }) => metadata.name!)
    .filter((name) => !tenant.spec.release?.includes(name));
  const wanted = new Map(
    (ownersObjects(leaving(tenant), staying) as KubeObject[]).map((object) => [identity(object), object]),
  );
  const standing = owned.bindingsIn(own);
  const outside = owned.live({
    kind: "ClusterRoleBinding",
    metadata: { name: ownersRole(tenant.metadata.name) },
  });
  return revoke(kube, owned, outside ? [...standing, outside] : standing, wanted);
}

/** Of bindings that stand, takes away what is beyond those that are wanted, by `identity`; default: all. Does not reject. */
export async function revoke(
  kube: KubeClient,
  owned: Owned,
  standing: readonly KubeObject[],
  wanted: ReadonlyMap<string, KubeObject> = new Map(),
): Promise<Revoked> {
  const written: string[] = [];
  const removed: string[] = [];
  let failed: Error | undefined;
  for (const live of standing) {
    const wants = revocation(live, wanted.get(identity(live)));
    if (wants === undefined) continue;
    const resource = owned.resource(live.kind!);
    const { name, namespace, uid } = live.metadata;
    try {
      if (wants === "remove") {
        await emptied(kube, resource, live);
        await kube.delete(resource, name!, { namespace, preconditions: { uid: uid! } });
        removed.push(identity(live));
      } else {
        await applyIfChanged({ client: kube, resource, desired: wants, fieldManager: manager, live });
        written.push(identity(live));
      }
    } catch (error) {
      failed ??= error as Error;
    }
  }
  return { written, removed, failed };
}

/** A Tenant that is being deleted has no owners any more: nobody would take their rights away after it. */
function leaving(tenant: Tenant): Tenant {
  return tenant.metadata.deletionTimestamp ? { ...tenant, spec: { ...tenant.spec, owners: [] } } : tenant;
}

/**
 * A finalizer that somebody wrote would keep a deleted binding, and RBAC honours it as long as it stands: it binds nobody
 * before it is deleted. What gives a role that the operator may not bind can only be deleted.
 */
async function emptied(kube: KubeClient, resource: Resource, live: KubeObject): Promise<void> {
  const { name, namespace, uid, finalizers } = live.metadata;
  if (subjectsOf(live).length === 0) return;
  try {
    await kube.patch(resource, name!, "merge", { metadata: { uid }, subjects: null }, { namespace });
  } catch (error) {
    if (isNotFound(error) || (isForbidden(error) && !finalizers?.length)) return;
    const message = `${identity(live)} stays with what it gives, as its finalizers ${finalizers?.join(", ")} keep it`;
    throw Object.assign(new Error(`${message}: ${(error as Error).message}`), { code: "BINDING_KEPT" });
  }
}

/** What is to become of a binding: fewer subjects, nothing at all; undefined when it gives nobody too much. Pure. */
export function revocation(
  live: KubeObject,
  wanted: KubeObject | undefined,
): KubeObject | "remove" | undefined {
  if (!wanted || roleOf(live) !== roleOf(wanted))
    return live.metadata.deletionTimestamp && subjectsOf(live).length === 0 ? undefined : "remove";
  const named = new Set(subjectsOf(wanted).map(keyOf));
  const all = subjectsOf(live);
  const staying = all.filter((subject) => named.has(keyOf(subject)));
  return staying.length < all.length ? { ...wanted, subjects: staying } : undefined;
}

function roleOf({ roleRef }: KubeObject): string {
  return `${roleRef?.kind} ${roleRef?.name}`;
}

function subjectsOf({ subjects }: KubeObject): readonly Subject[] {
  return subjects ?? [];
}

function keyOf({ kind, namespace = "", name }: Subject): string {
  return JSON.stringify([kind, namespace, name]);
}
