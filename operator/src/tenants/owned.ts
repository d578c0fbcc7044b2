import {
  annotations,
  fieldManager,
  isAssigned,
  isUnmarked,
  labels,
  managedBy,
  ownerRoles,
  ownersBinding,
  ownerUid,
} from "@companyos/crds";
import {
  type AnyResource,
  createReflector,
  type KubeClient,
  type KubeObject,
  keyOf,
  type Reflector,
  type Resource,
  resources,
} from "@companyos/kube";
import type { Logger } from "@companyos/service";
import type { Registry } from "prom-client";

export const manager = fieldManager("tenant");
/** Neither the manager of the footprint, nor one that an earlier release knows: going back to it takes no uid off. */
export const ownershipManager = fieldManager("ownership");

/** Kinds a footprint may have, besides the namespace. One more kind of object is one more line. */
export const footprintKinds: readonly AnyResource[] = [
  resources.resourceQuotas,
  resources.limitRanges,
  resources.networkPolicies,
  resources.roleBindings,
  resources.clusterRoles,
  resources.clusterRoleBindings,
];

/** What stands in the cluster, by watch: every namespace, and of the other kinds what this product made. */
export interface Owned {
  readonly reflectors: readonly Reflector<KubeObject>[];
  readonly namespaces: Reflector<KubeObject>;
  /** Bindings that have the name of a footprint's: whoever may write them may take their labels off. */
  readonly bindings: readonly Reflector<KubeObject>[];
  resource(kind: string): Resource;
  /** As last seen, or as this process created it and the watch has not told of yet. */
  live(object: KubeObject): KubeObject | undefined;
  /** Runs a write of what was not there, and remembers the response until the watch tells of it. */
  creating<T>(desired: KubeObject, write: () => Promise<{ object: KubeObject; result: T }>): Promise<T>;
  /** Namespaces that belong to the Tenant with this uid. */
  namespacesOf(uid: string): KubeObject[];
  /** Namespaces that bear this tenant's name, whichever Tenant of that name they belong to. */
  namedFor(name: string): KubeObject[];
  /** Namespaces that no Tenant has, or only as the default tenant. */
  unclaimed(): KubeObject[];
  /** Namespaces that a Tenant of this name, whichever, has or had as the default tenant. */
  assignedTo(name: string): KubeObject[];
  /** Namespaces that bear this tenant's name and no uid: whose they are is about to be settled. */
  unmarkedOf(name: string): KubeObject[];
  /** Objects that were made for a tenant, whichever, and stand in one of these namespaces. */
  in(namespaces: Iterable<string>): KubeObject[];
  /** RoleBindings there that were made for a tenant, or bear the name of such a one. */
  bindingsIn(namespaces: readonly string[]): KubeObject[];
  stop(): Promise<void>;
}

export function identity(object: KubeObject): string {
  return `${object.kind} ${keyOf(object)}`;
}

/** The tenant an object is labelled with, and the one it may go to, as keys for the work queue. */
export function tenantKey({ metadata }: { metadata: KubeObject["metadata"] }): string[] {
  const names = [
    metadata.labels?.[labels.tenant],
    metadata.annotations?.[annotations.adoptBy]?.split("/")[0],
  ];
  return names.filter((name) => name !== undefined && name !== "") as string[];
}

/** Whose a namespace is, as a key: a uid, or the name with a slash before it where no uid says so. */
function ownerKey(namespace: KubeObject): string[] {
  if (isUnmarked(namespace)) return [`/${namespace.metadata.labels![labels.tenant]}`];
  const uid = ownerUid(namespace);
  return uid === undefined ? [] : [uid];
}

function unclaimedKey(namespace: KubeObject): string[] {
  if (isUnmarked(namespace)) return [];
  return ownerUid(namespace) === undefined || isAssigned(namespace) ? ["unclaimed"] : [];
}

function assignedKey(namespace: KubeObject): string[] {
  return isAssigned(namespace) ? [namespace.metadata.labels?.[labels.tenant] ?? ""] : [];
}

/** An object without the tenant's label is not ours, even if somebody gave it our other label. */
function inNamespace({ metadata }: KubeObject): string[] {
  return metadata.labels?.[labels.tenant] === undefined ? [] : [metadata.namespace ?? ""];
}

export function watchOwned(options: { kube: KubeClient; log: Logger; registry: Registry }): Owned {
  const shared = {
    client: options.kube,
    log: options.log,
    registry: options.registry,
    keepManagedFieldsOf: [manager],
  };
  const namespaces = createReflector<KubeObject>({
    ...shared,
    resource: resources.namespaces as Resource,
    indices: {
      owner: ownerKey,
      uid: ({ metadata }) => [metadata.uid ?? ""],
      name: ({ metadata }) => [metadata.labels?.[labels.tenant] ?? ""].filter((name) => name !== ""),
      unclaimed: unclaimedKey,
      assigned: assignedKey,
    },
  });
  const byKind = new Map<string, Reflector<KubeObject>>([["Namespace", namespaces]]);
  for (const resource of footprintKinds as readonly Resource[]) {
    const labelSelector = `${labels.managedBy}=${managedBy}`;
    const indices = { namespace: inNamespace };
    byKind.set(resource.kind, createReflector<KubeObject>({ ...shared, resource, labelSelector, indices }));
  }
  const bindings = ownerRoles.map((role) =>
    createReflector<KubeObject>({
      ...shared,
      resource: resources.roleBindings as Resource,
      fieldSelector: `metadata.name=${ownersBinding(role)}`,
    }),
  );
  for (const reflector of bindings) reflector.start();
  const reflectors = [...byKind.values()];
  /** What was created and the watch has not told of yet: without it, the next pass would write it again. */
  const created = new Map<string, KubeObject>();
  /** Objects being written, and whether the watch told of them meanwhile: then it knows better than the response. */
  const writing = new Map<string, { told: boolean }>();
  for (const reflector of reflectors) {
    const tell = (object: KubeObject) => {
      const key = `${reflector.resource.kind} ${keyOf(object)}`;
      created.delete(key);
      const write = writing.get(key);
      if (write) write.told = true;
    };
    reflector.on({ add: tell, update: tell, delete: tell });
    reflector.start();
  }

  const reflectorOf = (kind: string) => {
    const reflector = byKind.get(kind);
    if (!reflector) throw new TypeError(`a footprint must not contain ${kind}: no controller watches it`);
    return reflector;
  };
  return {
    reflectors,
    namespaces,
    bindings,
    resource: (kind) => reflectorOf(kind).resource,
    live: (object) =>
      reflectorOf(object.kind ?? "").store.get(keyOf(object)) ?? created.get(identity(object)),
    async creating(desired, write) {
      const key = identity(desired);
      const note = { told: false };
      writing.set(key, note);
      try {
        const { object, result } = await write();
        if (!note.told) created.set(key, object);
        return result;
      } finally {
        writing.delete(key);
      }
    },
    namespacesOf: (uid) => namespaces.store.byIndex("owner", uid),
    namedFor: (name) => namespaces.store.byIndex("name", name),
    unclaimed: () => namespaces.store.byIndex("unclaimed", "unclaimed"),
    assignedTo: (name) => namespaces.store.byIndex("assigned", name),
    unmarkedOf: (name) => namespaces.store.byIndex("owner", `/${name}`),
    in: (names) =>
      [...names].flatMap((name) =>
        reflectors
          .filter((reflector) => reflector !== namespaces)
          .flatMap((reflector) => reflector.store.byIndex("namespace", name)),
      ),
    bindingsIn(names) {
      const named = bindings.flatMap(({ store }, i) =>
        names.flatMap((namespace) => store.get(`${namespace}/${ownersBinding(ownerRoles[i]!)}`) ?? []),
      );
      const labelled = this.in(names).filter(({ kind }) => kind === "RoleBinding");
      return [...new Map([...labelled, ...named].map((object) => [identity(object), object])).values()];
    },
    async stop() {
      await Promise.all([...reflectors, ...bindings].map((reflector) => reflector.stop()));
    },
  };
}
