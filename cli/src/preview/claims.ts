/** What becomes of the namespaces that a Tenant claims, as the operator decides it. Pure. */
import { namespacesOf, type Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import {
  adoptable,
  type ClaimState,
  claimProblems,
  handedOver,
  identity,
} from "@companyos/operator/footprint";
import type { Plan } from "@companyos/policies";

export interface Claims {
  /** Why the Tenant cannot have one, by its name. */
  readonly problems: ReadonlyMap<string, string>;
  /** Namespaces that both sides hand over, as they are once they are the Tenant's, by `identity`. */
  readonly adopted: ReadonlyMap<string, KubeObject>;
}

/** In a message, where nobody knows the uid yet. */
const unknownUid = "UID";
/** Of what is not there yet: younger than all that is. */
const future = "9999-12-31T23:59:59Z";

/**
 * @param around `all`: every Tenant of the files and of the cluster, with the uid and age of those that stand; `live`: the
 *   namespaces that stand under the names that are claimed, among others
 */
export function claimsOf(
  tenant: Tenant,
  plan: Plan,
  around: {
    readonly all: readonly Tenant[];
    readonly live: readonly KubeObject[];
    readonly productNamespace: string;
  },
): Claims {
  const { all, live, productNamespace } = around;
  const namespaces = live.filter(({ kind }) => kind === "Namespace");
  const byName = new Map(namespaces.map((namespace) => [namespace.metadata.name, namespace]));
  const uids = new Set(all.map(({ metadata }) => metadata.uid));
  const state: ClaimState = {
    productNamespace,
    namespace: (name) => byName.get(name),
    claimants: (name) => all.filter((one) => namespacesOf(one).includes(name)).map(withAge),
    exists: (uid) => uids.has(uid),
  };
  const claiming = withAge(tenant);
  const agreed = adoptable(claiming, state);
  const problems = claimProblems(claiming, state).filter(({ namespace }) => !agreed.includes(namespace));
  return {
    problems: new Map(
      problems.map(({ namespace, message, other }) => [
        namespace,
        other === undefined ? message : `${message} (Tenant ${other})`,
      ]),
    ),
    adopted: new Map(
      agreed
        .map((name) => byName.get(name))
        .filter((namespace) => namespace !== undefined)
        .map((namespace) => [identity(namespace), given(namespace, tenant, plan)]),
    ),
  };
}

function withAge(tenant: Tenant): Tenant {
  const { uid = unknownUid, creationTimestamp = future } = tenant.metadata;
  return { ...tenant, metadata: { ...tenant.metadata, uid, creationTimestamp } };
}

function given(namespace: KubeObject, tenant: Tenant, plan: Plan): KubeObject {
  const { metadata } = namespace;
  const { labels, annotations } = handedOver(namespace, tenant, plan);
  const merged = {
    labels: patched(metadata.labels, labels),
    annotations: patched(metadata.annotations, annotations),
  };
  return { ...namespace, metadata: { ...metadata, ...merged } };
}

/** RFC 7396, of one level. */
function patched(
  there: Readonly<Record<string, string>> = {},
  patch: Readonly<Record<string, string | null>>,
): Record<string, string> {
  const all = Object.entries({ ...there, ...patch });
  return Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== null));
}
