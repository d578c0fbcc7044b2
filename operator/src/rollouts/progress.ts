import type { KubeObject } from "@companyos/kube";

/** How far a workload's own controller is with the template as it is now. */
export interface Progress {
  /** Every pod that should be there is made of the template, and none of an earlier one is left. */
  readonly moved: boolean;
  /** All of them are available. */
  readonly available: boolean;
  /** Why its controller replaces no pods by itself. */
  readonly holds?: { readonly reason: string; readonly message: string } | undefined;
}

const paused = { reason: "Paused", message: "spec.paused is true: its pods are replaced once it goes on" };
const onDelete = {
  reason: "OnDelete",
  message: "its update strategy is OnDelete: a pod is replaced when somebody deletes it",
};
const partitioned = {
  reason: "Partitioned",
  message: "spec.updateStrategy.rollingUpdate.partition keeps its first pods as they are",
};

export function deploymentProgress({ metadata, spec, status }: KubeObject): Progress {
  const wanted = spec?.replicas ?? 1;
  const updated = status?.updatedReplicas ?? 0;
  const moved = isObserved(metadata, status) && updated >= wanted && (status?.replicas ?? 0) <= updated;
  return {
    moved,
    available: moved && (status?.availableReplicas ?? 0) >= wanted,
    holds: spec?.paused ? paused : undefined,
  };
}

export function daemonSetProgress({ metadata, spec, status }: KubeObject): Progress {
  const wanted = status?.desiredNumberScheduled ?? 0;
  const moved =
    isObserved(metadata, status) &&
    (status?.updatedNumberScheduled ?? 0) >= wanted &&
    (status?.numberMisscheduled ?? 0) === 0;
  return {
    moved,
    available: moved && (status?.numberAvailable ?? 0) >= wanted,
    holds: spec?.updateStrategy?.type === "OnDelete" ? onDelete : undefined,
  };
}

export function statefulSetProgress({ metadata, spec, status }: KubeObject): Progress {
  const wanted = spec?.replicas ?? 1;
  // Once it is through, the revision that was rolled out is the current one.
  const through = status?.updateRevision !== undefined && status.updateRevision === status.currentRevision;
  const moved = isObserved(metadata, status) && (through || (status?.updatedReplicas ?? 0) >= wanted);
  const { type, rollingUpdate } = spec?.updateStrategy ?? {};
  return {
    moved,
    available: moved && (status?.availableReplicas ?? 0) >= wanted,
    holds: type === "OnDelete" ? onDelete : rollingUpdate?.partition > 0 ? partitioned : undefined,
  };
}

/** Kinds that replace no pod because the template is another one: the next pods are made of it. */
export function still(): Progress {
  return { moved: true, available: true };
}

function isObserved(metadata: KubeObject["metadata"], status: KubeObject["status"]): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}
