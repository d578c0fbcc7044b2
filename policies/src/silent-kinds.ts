/** Kinds that place nothing for a tenant, so that `companyos check` can name those it knows nothing about. */

/** Cluster-scoped kinds that every cluster serves, the product's own and well-known ones: no tenant's namespace has them. */
const clusterScoped: readonly string[] = [
  "/Namespace",
  "/Node",
  "/PersistentVolume",
  "admissionregistration.k8s.io/MutatingAdmissionPolicy",
  "admissionregistration.k8s.io/MutatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/MutatingWebhookConfiguration",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicy",
  "admissionregistration.k8s.io/ValidatingAdmissionPolicyBinding",
  "admissionregistration.k8s.io/ValidatingWebhookConfiguration",
  "apiextensions.k8s.io/CustomResourceDefinition",
  "apiregistration.k8s.io/APIService",
  "cert-manager.io/ClusterIssuer",
  "certificates.k8s.io/CertificateSigningRequest",
  "certificates.k8s.io/ClusterTrustBundle",
  "external-secrets.io/ClusterExternalSecret",
  "external-secrets.io/ClusterSecretStore",
  "flowcontrol.apiserver.k8s.io/FlowSchema",
  "flowcontrol.apiserver.k8s.io/PriorityLevelConfiguration",
  "kyverno.io/ClusterPolicy",
  "networking.k8s.io/IngressClass",
  "node.k8s.io/RuntimeClass",
  "rbac.authorization.k8s.io/ClusterRole",
  "rbac.authorization.k8s.io/ClusterRoleBinding",
  "residency.companyos.io/EvidenceBundle",
  "residency.companyos.io/Region",
  "residency.companyos.io/ResidencyPolicy",
  "residency.companyos.io/Tenant",
  "resource.k8s.io/DeviceClass",
  "scheduling.k8s.io/PriorityClass",
  "storage.k8s.io/CSIDriver",
  "storage.k8s.io/CSINode",
  "storage.k8s.io/StorageClass",
  "storage.k8s.io/VolumeAttachment",
  "storage.k8s.io/VolumeAttributesClass",
];

/**
 * Namespaced kinds that run nothing and store nothing but themselves, or a Secret. Claims of volumes are not among them, nor what
 * a controller makes whole applications of.
 */
const namespaced: readonly string[] = [
  "/ConfigMap",
  "/Endpoints",
  "/Event",
  "/LimitRange",
  "/ResourceQuota",
  "/Secret",
  "/Service",
  "/ServiceAccount",
  "apps/ControllerRevision",
  "autoscaling/HorizontalPodAutoscaler",
  "bitnami.com/SealedSecret",
  "cert-manager.io/Certificate",
  "cert-manager.io/Issuer",
  "coordination.k8s.io/Lease",
  "discovery.k8s.io/EndpointSlice",
  "events.k8s.io/Event",
  "external-secrets.io/ExternalSecret",
  "external-secrets.io/SecretStore",
  "gateway.networking.k8s.io/GRPCRoute",
  "gateway.networking.k8s.io/Gateway",
  "gateway.networking.k8s.io/HTTPRoute",
  "kyverno.io/Policy",
  "kyverno.io/PolicyException",
  "monitoring.coreos.com/PodMonitor",
  "monitoring.coreos.com/PrometheusRule",
  "monitoring.coreos.com/ServiceMonitor",
  "networking.k8s.io/Ingress",
  "networking.k8s.io/NetworkPolicy",
  "notification.toolkit.fluxcd.io/Alert",
  "notification.toolkit.fluxcd.io/Provider",
  "notification.toolkit.fluxcd.io/Receiver",
  "policy/PodDisruptionBudget",
  "rbac.authorization.k8s.io/Role",
  "rbac.authorization.k8s.io/RoleBinding",
  "source.toolkit.fluxcd.io/Bucket",
  "source.toolkit.fluxcd.io/GitRepository",
  "source.toolkit.fluxcd.io/HelmChart",
  "source.toolkit.fluxcd.io/HelmRepository",
  "source.toolkit.fluxcd.io/OCIRepository",
];

/** Fields by which what makes a Secret or routes requests makes pods, too, or has others make them, wherever they stand in it. */
const makingPods: Readonly<Record<string, readonly string[]>> = {
  "cert-manager.io/Issuer": ["podTemplate"],
  "external-secrets.io/ExternalSecret": ["manifest"],
  "gateway.networking.k8s.io/Gateway": ["parametersRef"],
  "kyverno.io/Policy": ["generate", "mutate"],
};

const cluster = new Set(clusterScoped);
const silent = new Set(namespaced);

/** Whether a kind is known to be cluster-scoped. */
export const isClusterScoped = (group: string, kind: string): boolean => cluster.has(`${group}/${kind}`);

/** Whether an object of a namespaced kind is known to place nothing. */
export function placesNothing(group: string, kind: string, object: object): boolean {
  const name = `${group}/${kind}`;
  if (!silent.has(name)) return false;
  const making = Object.hasOwn(makingPods, name) ? makingPods[name]! : [];
  return making.length === 0 || !hasKey(object, making);
}

function hasKey(object: object, keys: readonly string[]): boolean {
  const left: unknown[] = [object];
  while (left.length > 0) {
    const next = left.pop();
    if (typeof next !== "object" || next === null) continue;
    if (keys.some((key) => Object.hasOwn(next, key))) return true;
    for (const value of Object.values(next)) left.push(value);
  }
  return false;
}
