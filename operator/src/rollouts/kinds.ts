import { type AnyResource, type KubeObject, type Resource, resources } from "@companyos/kube";
import { type Path, placedKind } from "@companyos/policies";
import {
  daemonSetProgress,
  deploymentProgress,
  type Progress,
  statefulSetProgress,
  still,
} from "./progress.ts";

/** A kind whose pods the operator has made anew. One more is one more line. */
export interface RolledKind {
  readonly resource: Resource;
  /** Where the object with the pod's `spec` is. */
  readonly path: Path;
  /** Made by whom it may be: its pods cannot be pinned one by one. Of other kinds, those that a controller made are its. */
  readonly whoeverMadeIt?: true;
  progress(object: KubeObject): Progress;
}

/** Where its template is, and whether it is pinned whoever made it, are the pin's to say. */
function kind(resource: AnyResource, progress: RolledKind["progress"]): RolledKind {
  const { template, pinnedThoughOwned } = placedKind(resource.group, resource.kind) ?? {};
  if (!template) throw new TypeError(`${resource.kind} has no pod template`);
  return {
    resource: resource as Resource,
    path: template.path,
    ...(pinnedThoughOwned ? { whoeverMadeIt: true } : {}),
    progress,
  };
}

/** They keep what they were made with, so nothing is done about them: whoever made them makes them anew. */
export const keptKinds = { jobs: kind(resources.jobs, still), pods: kind(resources.pods, still) };

/** In the order in which they are rolled: a DaemonSet that asks for nodes elsewhere is refused until it is. */
export const rolledKinds: readonly RolledKind[] = [
  kind(resources.daemonSets, daemonSetProgress),
  kind(resources.deployments, deploymentProgress),
  kind(resources.statefulSets, statefulSetProgress),
  kind(resources.replicaSets, still),
  kind(resources.replicationControllers, still),
  kind(resources.cronJobs, still),
];

/** As a controller is named in `ownerReferences`. */
export interface Maker {
  readonly apiVersion?: string | undefined;
  readonly kind?: string | undefined;
}

/** The rolled kind of what made something: kinds of other groups (OpenKruise's StatefulSet) bear the same names. */
export function rolledKindOf(maker: Maker | undefined): RolledKind | undefined {
  const group = maker?.apiVersion?.split("/").slice(0, -1).join("/") ?? "";
  return rolledKinds.find(({ resource }) => resource.kind === maker?.kind && resource.group === group);
}

/** Whether its own controller replaces its pods once the template is another one. */
export function isReplacing(maker: Maker | undefined): boolean {
  const kind = rolledKindOf(maker);
  return kind !== undefined && kind.progress !== still;
}
