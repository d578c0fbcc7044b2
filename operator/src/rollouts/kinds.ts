import { type AnyResource, type KubeObject, type Resource, resources } from "@companyos/kube";
import type { Path } from "@companyos/policies";
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

const template = ["spec", "template"];
const kind = (resource: AnyResource, path: Path, progress: RolledKind["progress"]): RolledKind => ({
  resource: resource as Resource,
  path,
  progress,
});

/** In the order in which they are rolled: a DaemonSet that asks for nodes elsewhere is refused until it is. */
export const rolledKinds: readonly RolledKind[] = [
  { ...kind(resources.daemonSets, template, daemonSetProgress), whoeverMadeIt: true },
  kind(resources.deployments, template, deploymentProgress),
  kind(resources.statefulSets, template, statefulSetProgress),
  kind(resources.replicaSets, template, still),
  kind(resources.replicationControllers, template, still),
  kind(resources.cronJobs, ["spec", "jobTemplate", "spec", "template"], still),
];
