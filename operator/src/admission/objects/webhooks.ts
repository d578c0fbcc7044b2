import { labels, webhookConfigurationName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { tooManyTerms } from "./excess.ts";
import { notMirrorPod } from "./mirror.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

const namesNode = "object.spec.?nodeName.orValue('') != ''";
const isPod = "request.resource.resource == 'pods' && request.?subResource.orValue('') == ''";

/**
 * New pods that a ValidatingAdmissionPolicy would refuse: those that name their node, or have too many terms. With
 * bindings they are judged by the mutating registration, before that, so that a refusal leaves a receipt.
 */
const judgedEarly = `(${namesNode} || ${tooManyTerms("object.spec")})`;
const early = `!(${isPod}) || ${judgedEarly}`;
/** Each request is answered once. */
const notEarly = `!(request.operation == 'CREATE' && ${isPod} && ${judgedEarly})`;

/**
 * Only what may move a placement: an outage then holds up no status, scale-down, finalizer or deletion.
 * PodTemplates have their template beside the metadata and no spec.
 */
const mayMove =
  "request.operation == 'CREATE' || (!has(object.metadata.deletionTimestamp) && " +
  "(!has(object.spec) ? object.?template.orValue(null) != oldObject.?template.orValue(null) : " +
  "has(object.spec.template) ? object.spec.template != oldObject.?spec.?template.orValue(null) : " +
  "has(object.spec.jobTemplate) ? object.spec.jobTemplate != oldObject.?spec.?jobTemplate.orValue(null) : " +
  "object.spec != oldObject.?spec.orValue(null)))";

/** A mutating registration without a patch, because mutating webhooks run before ValidatingAdmissionPolicy and may refuse. */
export function mutatingWebhook(settings: AdmissionSettings): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: metadata(settings),
    webhooks: [
      {
        ...entry("bindings.residency.companyos.io", settings),
        failurePolicy: "Ignore",
        reinvocationPolicy: "Never",
        rules: [rule("", ["pods", "pods/binding", "bindings"], ["CREATE"])],
        matchConditions: [
          { name: "judged-early", expression: early },
          { name: "not-mirror-pod", expression: notMirrorPod },
        ],
      },
    ],
  };
}

export function validatingWebhook(settings: AdmissionSettings): KubeObject {
  const written = ["CREATE", "UPDATE"];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: metadata(settings),
    webhooks: [
      {
        ...entry("placements.residency.companyos.io", settings),
        failurePolicy: settings.whenUnavailable === "strict" ? "Fail" : "Ignore",
        rules: [
          rule("", ["pods", "podtemplates", "replicationcontrollers"], written),
          rule("apps", ["daemonsets", "deployments", "replicasets", "statefulsets"], written),
          rule("batch", ["cronjobs", "jobs"], written),
        ],
        matchConditions: [
          { name: "may-move", expression: mayMove },
          { name: "not-judged-early", expression: notEarly },
          { name: "not-mirror-pod", expression: notMirrorPod },
        ],
      },
    ],
  };
}

/** Every field that the API server would default is written, so that any other value is drift. */
function entry(name: string, settings: AdmissionSettings): KubeObject["webhook"] {
  return {
    name,
    admissionReviewVersions: ["v1"],
    clientConfig: { ...clientConfig(settings), caBundle: Buffer.from(settings.caBundle).toString("base64") },
    matchPolicy: "Equivalent",
    namespaceSelector: tenantNamespaces(settings),
    objectSelector: {},
    sideEffects: "NoneOnDryRun",
    timeoutSeconds: settings.timeoutSeconds,
  };
}

function metadata({ callers = "Unverified" }: AdmissionSettings): KubeObject["metadata"] {
  const { labels: ours, ...rest } = adminMetadata(webhookConfigurationName);
  return { ...rest, labels: { ...ours, [labels.callers]: callers } };
}

function clientConfig({ webhook, path }: AdmissionSettings): KubeObject["clientConfig"] {
  const below = path === undefined ? "" : `/${path}`;
  return "url" in webhook
    ? { url: `${webhook.url}${below}` }
    : {
        service: {
          name: webhook.service.name,
          namespace: webhook.service.namespace,
          path: `/admit${below}`,
          port: webhook.service.port,
        },
      };
}

function rule(group: string, names: string[], operations: string[]): KubeObject["rule"] {
  return { apiGroups: [group], apiVersions: ["v1"], operations, resources: names, scope: "*" };
}
