import { isPodOver, type KubeClient, type KubeObject, type Resource, resources } from "@companyos/kube";
import {
  isPinned,
  isRolled,
  podSpecOf,
  type RolledKind,
  rolledKinds,
  still,
  type Workload,
} from "@companyos/operator/rollouts";
import { isJobOver } from "../finished.ts";
import type { Item } from "./item.ts";
import { listIn } from "./listing.ts";
import type { Scope } from "./scope.ts";

/** A Job's template takes another nodeSelector and affinity as long as it is suspended (KEP-2926), and at no other time. */
const suspendedJobs: RolledKind = {
  resource: resources.jobs as Resource,
  path: ["spec", "template"],
  whoeverMadeIt: true,
  progress: still,
};

/** Workloads whose template bears a pin, and whose it is to change; and which kinds could not be listed. */
export async function pinnedWorkloads(
  client: KubeClient,
  scope: Scope,
): Promise<{ readonly workloads: readonly Workload[]; readonly failed: readonly Item[] }> {
  const found = await Promise.all(
    [...rolledKinds, suspendedJobs].map(async (kind) => {
      const { objects, failed } = await listIn(client, kind.resource, scope);
      const workloads = objects
        .filter((object) => isRolled(kind, object) && isPinned(podSpecOf(object, kind.path)))
        .filter((object) => kind !== suspendedJobs || isWaiting(object))
        .map((object): Workload => ({ kind, object }));
      // Of Jobs that cannot be listed `pinnedForGood` tells.
      return { workloads, failed: kind === suspendedJobs ? [] : failed };
    }),
  );
  return {
    workloads: found.flatMap(({ workloads }) => workloads),
    failed: found.flatMap(({ failed }) => failed),
  };
}

function isWaiting({ spec, status }: KubeObject): boolean {
  return spec?.suspend === true && !isJobOver(status);
}

/**
 * Pods that live with a pin, and Jobs that run and will make some: their specs cannot be changed. Who may not list Jobs is told by
 * `unread`: pods of theirs are looked at all the same.
 */
export async function pinnedForGood(
  client: KubeClient,
  scope: Scope,
): Promise<{ readonly items: readonly Item[]; readonly unread: readonly string[] }> {
  const [pods, jobs] = await Promise.all([
    listIn(client, resources.pods as Resource, scope),
    listIn(client, resources.jobs as Resource, scope),
  ]);
  const live = pods.objects.filter(
    ({ metadata, spec, status }) => !metadata.deletionTimestamp && !isPodOver(status) && isPinned(spec),
  );
  const open = jobs.objects.filter(
    (job) => !isJobOver(job.status) && !isWaiting(job) && isPinned(job.spec?.template?.spec),
  );
  return {
    items: [
      ...live.map(podItem),
      ...open.map(jobItem),
      ...pods.failed,
      ...(jobs.forbidden ? [] : jobs.failed),
    ],
    unread: jobs.forbidden ? ["Job"] : [],
  };
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
  const message =
    "the template of a Job that runs cannot be changed: let it end, suspend it and run this again, or make it anew";
  return { ...idOf("Job", metadata), state: "remains", code: "JOB_PINNED", message };
}

export function idOf(kind: string, { namespace = "", name = "" }: KubeObject["metadata"]) {
  return { kind, namespace, name };
}
