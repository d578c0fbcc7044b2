import { labels, pinPolicyName } from "@companyos/crds";
import {
  isForbidden,
  isNotFound,
  type KubeClient,
  type KubeObject,
  type Resource,
  resources,
} from "@companyos/kube";
import { isPinned, isRolled, podSpecOf, rolledKinds, type Workload } from "@companyos/operator/rollouts";
import type { Item } from "./item.ts";

/** Where pins are looked for. */
export interface Scope {
  /** Namespaces in which the API server pins what is made. */
  readonly enforced: ReadonlySet<string>;
  /** Undefined: every one. */
  readonly namespaces: readonly string[] | undefined;
}

const namespaces = resources.namespaces as Resource;
const bindings = resources.mutatingAdmissionPolicyBindings as Resource;

export async function readScope(
  client: KubeClient,
  named: readonly string[],
  tenant: string | undefined,
): Promise<Scope> {
  const labelSelector = tenant === undefined ? labels.tenant : `${labels.tenant}=${tenant}`;
  const [{ items }, inForce] = await Promise.all([
    client.list(namespaces, { labelSelector }),
    isInstalled(client),
  ]);
  const enforced = items.filter(({ metadata }) => inForce && metadata.labels?.[labels.mode] === "Enforce");
  const names = (of: readonly KubeObject[]) => of.map(({ metadata }) => metadata.name ?? "");
  return {
    enforced: new Set(names(enforced)),
    namespaces: named.length > 0 ? named : tenant === undefined ? undefined : names(items),
  };
}

/** Whether the policy that pins is bound in the API server. */
export async function isInstalled(client: KubeClient): Promise<boolean> {
  const { items } = await client.list(bindings);
  return items.some(({ metadata }) => metadata.name === pinPolicyName);
}

/** Every object of a kind in the scope; none where you may not look, or the cluster has no such kind. */
async function listIn(
  client: KubeClient,
  resource: Resource,
  scope: Scope,
  needed: boolean,
): Promise<KubeObject[]> {
  try {
    if (!scope.namespaces) return (await client.list(resource)).items;
    const lists = await Promise.all(
      scope.namespaces.map((namespace) => client.list(resource, { namespace })),
    );
    return lists.flatMap(({ items }) => items);
  } catch (error) {
    if (!needed && (isForbidden(error) || isNotFound(error))) return [];
    throw error;
  }
}

/** Workloads whose template bears a pin, and whose it is to change. */
export async function pinnedWorkloads(client: KubeClient, scope: Scope): Promise<Workload[]> {
  const found = await Promise.all(
    rolledKinds.map(async (kind) => {
      const objects = await listIn(client, kind.resource, scope, true);
      return objects
        .filter((object) => isRolled(kind, object) && isPinned(podSpecOf(object, kind.path)))
        .map((object): Workload => ({ kind, object }));
    }),
  );
  return found.flat();
}

/** Pods that live with a pin, and Jobs that will make some: their specs cannot be changed. */
export async function pinnedForGood(client: KubeClient, scope: Scope): Promise<Item[]> {
  const [pods, jobs] = await Promise.all([
    listIn(client, resources.pods as Resource, scope, true),
    listIn(client, resources.jobs as Resource, scope, false),
  ]);
  const live = pods.filter(
    ({ metadata, spec, status }) =>
      !metadata.deletionTimestamp && !["Succeeded", "Failed"].includes(status?.phase) && isPinned(spec),
  );
  const open = jobs.filter(({ spec, status }) => !status?.completionTime && isPinned(spec?.template?.spec));
  return [...live.map(podItem), ...open.map((job) => jobItem(job))];
}

function podItem({ metadata }: KubeObject): Item {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  const message = !owner
    ? "no controller makes it again: make it anew without the pin yourself"
    : owner.kind === "Job"
      ? `it ends with its Job ${owner.name}`
      : `${owner.kind} ${owner.name} made it: delete it, and it comes again without the pin`;
  return { ...idOf("Pod", metadata), state: "remains", code: "POD_PINNED", message };
}

function jobItem({ metadata }: KubeObject): Item {
  const message = "a Job's template cannot be changed: let it end, or make it anew";
  return { ...idOf("Job", metadata), state: "remains", code: "JOB_PINNED", message };
}

export function idOf(kind: string, { namespace = "", name = "" }: KubeObject["metadata"]) {
  return { kind, namespace, name };
}
