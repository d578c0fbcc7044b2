import type { KubeObject } from "@companyos/kube";
import { isControlled } from "@companyos/policies";
import type { RolledKind } from "./kinds.ts";
import { takenOver } from "./ownership.ts";
import { still } from "./progress.ts";
import { podSpecOf } from "./template.ts";

/** A workload that is pinned in its template, and what its kind says of it. */
export interface Workload {
  readonly kind: RolledKind;
  readonly object: KubeObject;
}

/** As it stands in a status, and in sentences. */
export const nameOf = ({ kind, object: { metadata } }: Workload) => ({
  kind: kind.resource.kind,
  namespace: metadata.namespace ?? "",
  name: metadata.name ?? "",
});

/**
 * Whether the template is the workload's own. What a controller made is that controller's: changed here, it would be made
 * anew. The pods of such ones are pinned as they are created. DaemonSets have nobody else to pin them.
 */
export function isRolled({ whoeverMadeIt }: RolledKind, { metadata }: KubeObject): boolean {
  if (metadata.deletionTimestamp !== undefined) return false;
  return whoeverMadeIt === true || !isControlled({ metadata });
}

/** Whether a pod of it is replaced only once somebody deletes that: its own controller replaces none by itself. */
export function isKeeping({ kind, object }: Workload): boolean {
  return kind.progress === still || object.spec?.updateStrategy?.type === "OnDelete";
}

/** The controller that made it. */
export function makerOf({ metadata }: KubeObject) {
  return metadata.ownerReferences?.find(({ controller }) => controller);
}

/** As much of a workload as is looked at, for a cache of all of them. */
export function slimWorkload(kind: RolledKind, object: KubeObject): KubeObject {
  const { apiVersion, metadata, spec, status } = object;
  const { name, namespace, uid, resourceVersion, generation, creationTimestamp, deletionTimestamp } =
    metadata;
  const maker = makerOf(object);
  const { apiVersion: version, kind: makerKind, name: makerName } = maker ?? {};
  const ownerReferences = isControlled(object)
    ? [{ controller: true, apiVersion: version, kind: makerKind, name: makerName }]
    : undefined;
  const managedFields = takenOver(object, kind.path);
  const { replicas, paused, selector, updateStrategy, volumeClaimTemplates } = spec ?? {};
  const { nodeName, nodeSelector, affinity, volumes } = podSpecOf(object, kind.path);
  const claims = volumes?.filter(({ persistentVolumeClaim }: KubeObject) => persistentVolumeClaim);
  const podSpec = { nodeName, nodeSelector, affinity, ...(claims?.length > 0 ? { volumes: claims } : {}) };
  const slim = {
    apiVersion,
    kind: kind.resource.kind,
    metadata: {
      name,
      namespace,
      uid,
      resourceVersion,
      generation,
      creationTimestamp,
      deletionTimestamp,
      ownerReferences,
      ...(managedFields.length > 0 ? { managedFields } : {}),
    },
    spec: {
      replicas,
      paused,
      // Of those whose pods are looked for.
      selector: ownerReferences || isKeeping({ kind, object }) ? selector : undefined,
      updateStrategy,
      volumeClaimTemplates: volumeClaimTemplates?.map(({ metadata }: KubeObject) => ({
        metadata: { name: metadata.name },
      })),
    },
    status: statusOf(status),
  };
  return placed(defined(slim) as KubeObject, [...kind.path, "spec"], defined(podSpec));
}

function statusOf(status: KubeObject["status"]): object {
  const { conditions: _, collisionCount: __, ...counts } = status ?? {};
  return counts;
}

/** Puts `value` at the path; what lies on the way is the object's own, or new. */
function placed(object: KubeObject, [step, ...rest]: readonly string[], value: unknown): KubeObject {
  if (step === undefined) return value as KubeObject;
  return { ...object, [step]: placed(object?.[step] ?? {}, rest, value) };
}

/** Without keys that hold nothing, so that two of them compare equal whatever was absent. */
function defined(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
