/** Which REST resource: enough to build its path and to write its apiVersion and kind. */
import type {
  CoreV1Event,
  EventsV1Event,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1ConfigMap,
  V1ControllerRevision,
  V1CronJob,
  V1CustomResourceDefinition,
  V1DaemonSet,
  V1Deployment,
  V1EndpointSlice,
  V1Job,
  V1Lease,
  V1LimitRange,
  V1MutatingAdmissionPolicy,
  V1MutatingAdmissionPolicyBinding,
  V1MutatingWebhookConfiguration,
  V1Namespace,
  V1NetworkPolicy,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ReplicaSet,
  V1ReplicationController,
  V1ResourceQuota,
  V1Role,
  V1RoleBinding,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V1StorageClass,
  V1SubjectAccessReview,
  V1TokenReview,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingWebhookConfiguration,
} from "@kubernetes/client-node";
import type { AnyObject, KubeObject, Typed } from "./object.ts";

export interface Resource<T extends AnyObject = KubeObject> {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Only for the type checker: the shape of this resource's objects. Never set. */
  readonly shape?: T;
}

/** A resource whatever its objects' shape. */
export type AnyResource = Omit<Resource, "shape">;

/** `v1` or `apps/v1`: what goes into an object's apiVersion. */
export function apiVersionOf(resource: { group: string; version: string }): string {
  return resource.group === "" ? resource.version : `${resource.group}/${resource.version}`;
}

/** Splits `apps/v1` or `v1`. */
export function parseApiVersion(apiVersion: string): { group: string; version: string } {
  const slash = apiVersion.indexOf("/");
  return slash < 0
    ? { group: "", version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) };
}

/** Whose kinds everybody knows by their names alone. */
const plainGroups = new Set(["", "apps", "batch"]);

/** A kind as kubectl takes it, `CloneSet.apps.kruise.io`: other groups have kinds of the same names. `Deployment` of apps is plain. */
export function titledKind(apiVersion: string, kind: string): string {
  const { group } = parseApiVersion(apiVersion);
  return plainGroups.has(group) ? kind : `${kind}.${group}`;
}

/** Path of a collection or of one object below the server's root; every part is percent-encoded. */
export function pathOf(
  resource: AnyResource,
  where: { namespace?: string | undefined; name?: string | undefined; subresource?: string | undefined } = {},
): string {
  const root =
    resource.group === "" ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`;
  const namespace =
    resource.namespaced && where.namespace ? `/namespaces/${encodeURIComponent(where.namespace)}` : "";
  const name = where.name === undefined ? "" : `/${encodeURIComponent(where.name)}`;
  const subresource = where.subresource ? `/${encodeURIComponent(where.subresource)}` : "";
  return `${root}${namespace}/${resource.plural}${name}${subresource}`;
}

function namespaced<T extends AnyObject>(apiVersion: string, kind: string, plural: string): Resource<T> {
  return { ...parseApiVersion(apiVersion), kind, plural, namespaced: true };
}

function cluster<T extends AnyObject>(apiVersion: string, kind: string, plural: string): Resource<T> {
  return { ...parseApiVersion(apiVersion), kind, plural, namespaced: false };
}

const ADMISSION = "admissionregistration.k8s.io/v1";
const RBAC = "rbac.authorization.k8s.io/v1";

/** Built-in resources this product talks to. */
export const resources = {
  configMaps: namespaced<Typed<V1ConfigMap>>("v1", "ConfigMap", "configmaps"),
  coreEvents: namespaced<Typed<CoreV1Event>>("v1", "Event", "events"),
  limitRanges: namespaced<Typed<V1LimitRange>>("v1", "LimitRange", "limitranges"),
  namespaces: cluster<Typed<V1Namespace>>("v1", "Namespace", "namespaces"),
  nodes: cluster<Typed<V1Node>>("v1", "Node", "nodes"),
  persistentVolumeClaims: namespaced<Typed<V1PersistentVolumeClaim>>(
    "v1",
    "PersistentVolumeClaim",
    "persistentvolumeclaims",
  ),
  persistentVolumes: cluster<Typed<V1PersistentVolume>>("v1", "PersistentVolume", "persistentvolumes"),
  pods: namespaced<Typed<V1Pod>>("v1", "Pod", "pods"),
  replicationControllers: namespaced<Typed<V1ReplicationController>>(
    "v1",
    "ReplicationController",
    "replicationcontrollers",
  ),
  resourceQuotas: namespaced<Typed<V1ResourceQuota>>("v1", "ResourceQuota", "resourcequotas"),
  secrets: namespaced<Typed<V1Secret>>("v1", "Secret", "secrets"),
  serviceAccounts: namespaced<Typed<V1ServiceAccount>>("v1", "ServiceAccount", "serviceaccounts"),
  services: namespaced<Typed<V1Service>>("v1", "Service", "services"),
  controllerRevisions: namespaced<Typed<V1ControllerRevision>>(
    "apps/v1",
    "ControllerRevision",
    "controllerrevisions",
  ),
  daemonSets: namespaced<Typed<V1DaemonSet>>("apps/v1", "DaemonSet", "daemonsets"),
  deployments: namespaced<Typed<V1Deployment>>("apps/v1", "Deployment", "deployments"),
  replicaSets: namespaced<Typed<V1ReplicaSet>>("apps/v1", "ReplicaSet", "replicasets"),
  statefulSets: namespaced<Typed<V1StatefulSet>>("apps/v1", "StatefulSet", "statefulsets"),
  jobs: namespaced<Typed<V1Job>>("batch/v1", "Job", "jobs"),
  cronJobs: namespaced<Typed<V1CronJob>>("batch/v1", "CronJob", "cronjobs"),
  leases: namespaced<Typed<V1Lease>>("coordination.k8s.io/v1", "Lease", "leases"),
  events: namespaced<Typed<EventsV1Event>>("events.k8s.io/v1", "Event", "events"),
  endpointSlices: namespaced<Typed<V1EndpointSlice>>(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    "endpointslices",
  ),
  networkPolicies: namespaced<Typed<V1NetworkPolicy>>(
    "networking.k8s.io/v1",
    "NetworkPolicy",
    "networkpolicies",
  ),
  clusterRoleBindings: cluster<Typed<V1ClusterRoleBinding>>(
    RBAC,
    "ClusterRoleBinding",
    "clusterrolebindings",
  ),
  clusterRoles: cluster<Typed<V1ClusterRole>>(RBAC, "ClusterRole", "clusterroles"),
  roleBindings: namespaced<Typed<V1RoleBinding>>(RBAC, "RoleBinding", "rolebindings"),
  roles: namespaced<Typed<V1Role>>(RBAC, "Role", "roles"),
  storageClasses: cluster<Typed<V1StorageClass>>("storage.k8s.io/v1", "StorageClass", "storageclasses"),
  customResourceDefinitions: cluster<Typed<V1CustomResourceDefinition>>(
    "apiextensions.k8s.io/v1",
    "CustomResourceDefinition",
    "customresourcedefinitions",
  ),
  mutatingAdmissionPolicies: cluster<Typed<V1MutatingAdmissionPolicy>>(
    ADMISSION,
    "MutatingAdmissionPolicy",
    "mutatingadmissionpolicies",
  ),
  mutatingAdmissionPolicyBindings: cluster<Typed<V1MutatingAdmissionPolicyBinding>>(
    ADMISSION,
    "MutatingAdmissionPolicyBinding",
    "mutatingadmissionpolicybindings",
  ),
  mutatingWebhookConfigurations: cluster<Typed<V1MutatingWebhookConfiguration>>(
    ADMISSION,
    "MutatingWebhookConfiguration",
    "mutatingwebhookconfigurations",
  ),
  validatingAdmissionPolicies: cluster<Typed<V1ValidatingAdmissionPolicy>>(
    ADMISSION,
    "ValidatingAdmissionPolicy",
    "validatingadmissionpolicies",
  ),
  validatingAdmissionPolicyBindings: cluster<Typed<V1ValidatingAdmissionPolicyBinding>>(
    ADMISSION,
    "ValidatingAdmissionPolicyBinding",
    "validatingadmissionpolicybindings",
  ),
  validatingWebhookConfigurations: cluster<Typed<V1ValidatingWebhookConfiguration>>(
    ADMISSION,
    "ValidatingWebhookConfiguration",
    "validatingwebhookconfigurations",
  ),
  tokenReviews: cluster<Typed<V1TokenReview>>("authentication.k8s.io/v1", "TokenReview", "tokenreviews"),
  subjectAccessReviews: cluster<Typed<V1SubjectAccessReview>>(
    "authorization.k8s.io/v1",
    "SubjectAccessReview",
    "subjectaccessreviews",
  ),
} as const;
