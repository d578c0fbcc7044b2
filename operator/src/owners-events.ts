import { isOwn, type OwnedNamespace } from "@companyos/crds";
import { type EventRecorder, type EventSubject, metaOf, type RecordedEvent } from "@companyos/kube";

/** What is known of namespaces. */
export interface KnownNamespaces {
  /** Names of those whose label names this tenant, by name. */
  namespacesOf(tenant: string): readonly string[];
  get(namespace: string): OwnedNamespace | undefined;
}

/**
 * A recorder that writes each event about a Tenant a second time, into a namespace of its own. Those of cluster-scoped
 * objects lie in `default`, among everybody's, and RBAC cannot let somebody read the events of one object alone. What lies in
 * a tenant's own namespace its owners may read, and no other tenant's.
 */
export function forOwnersToo(recorder: EventRecorder, known: KnownNamespaces): EventRecorder {
  return {
    record(about: EventSubject, event: RecordedEvent) {
      recorder.record(about, event);
      const { name = "", uid, namespace: elsewhere } = metaOf(about);
      // What is to lie in a namespace of the caller's choice is not for owners.
      if (about.kind !== "Tenant" || elsewhere !== undefined) return;
      const namespace = ownersNamespace(name, uid, known);
      if (namespace !== undefined) recorder.record(inNamespace(about, namespace), event);
    },
    stop: () => recorder.stop(),
  };
}

/** The same object, so that its Event lies in this namespace. */
export function inNamespace(about: EventSubject, namespace: string): EventSubject {
  return { ...about, metadata: { ...metaOf(about), namespace } } as EventSubject;
}

/** Of the namespaces that are this very Tenant's own the one of its name, else the first by name. */
function ownersNamespace(name: string, uid: string | undefined, known: KnownNamespaces): string | undefined {
  const own = known.namespacesOf(name).filter((each) => {
    const namespace = known.get(each);
    return namespace !== undefined && isOwn(namespace, uid);
  });
  return own.includes(name) ? name : own[0];
}
