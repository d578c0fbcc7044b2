import {
  group,
  ignoreUnclaimed,
  inUseWebhookName,
  labels,
  placementWebhookNames,
  region,
  residencyPolicy,
  scalesWebhookName,
  tenant,
  unclaimedWebhookName,
  webhookConfigurationName,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type PlacedKind, placedKinds, scaleSubresource } from "@companyos/policies";
import { tooManyTerms } from "./excess.ts";
import { grows, mayMove, specMayMove } from "./may-move.ts";
import { notMirrorPod } from "./mirror.ts";
import { namesNode, rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";
import { kindsRefused, unclaimedConditions, unclaimedNamespaces } from "./unclaimed.ts";

const saysWhichNode = "object.spec.?nodeName.orValue('') != ''";
const isPod = "request.resource.resource == 'pods' && request.?subResource.orValue('') == ''";

/**
 * New pods that a ValidatingAdmissionPolicy would refuse: those that name their node, or have too many terms. With
 * bindings they are decided by the mutating registration, before that, so that a refusal leaves a receipt.
 */
const decidedEarly = `(${saysWhichNode} || ${tooManyTerms("object.spec")})`;
const early = `!(${isPod}) || ${decidedEarly}`;
/** Each request is decided once. */
const notEarly = `!(request.operation == 'CREATE' && ${isPod} && ${decidedEarly})`;

/** A mutating registration without a patch, because mutating webhooks run before ValidatingAdmissionPolicy and may refuse. */
export function mutatingWebhook(settings: AdmissionSettings): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: metadata(settings),
    webhooks: [
      {
        ...entry(placementWebhookNames.bindings, settings),
        failurePolicy: "Ignore",
        reinvocationPolicy: "Never",
        rules: rulesOf(placedKinds.filter(namesNode), () => ["CREATE"]),
        matchConditions: [
          { name: "judged-early", expression: early },
          { name: "not-mirror-pod", expression: notMirrorPod },
        ],
      },
    ],
  };
}

/** `served`: the custom resources that the cluster has; of one that it has not, nobody could be asked. */
export function validatingWebhook(
  settings: AdmissionSettings,
  placed = placedKinds,
  served: readonly PlacedKind[] = [],
): KubeObject {
  // Sorted, as they always were: another order would be a change of what is installed.
  const kinds = placed
    .filter(({ node }) => !node?.required)
    .toSorted((a, b) => (`${a.group}/${a.resource}` < `${b.group}/${b.resource}` ? -1 : 1));
  const among = (scope: PlacedKind["scope"]) => kinds.filter((kind) => kind.scope === scope);
  const whenAway = settings.whenUnavailable === "strict" ? "Fail" : "Ignore";
  const scaled = kinds.filter(({ scales }) => scales);
  const builtIn = (of: readonly PlacedKind[]) => [
    { name: "may-move", expression: mayMove(of) },
    { name: "not-judged-early", expression: notEarly },
    { name: "not-mirror-pod", expression: notMirrorPod },
  ];
  const registrations = [
    {
      name: placementWebhookNames.placements,
      kinds: among("Namespaced"),
      failurePolicy: whenAway,
      conditions: builtIn,
    },
    // No namespace tells whose they are: an outage would hold up everybody's.
    {
      name: placementWebhookNames.clusterPlacements,
      kinds: among("Cluster"),
      failurePolicy: "Ignore",
      conditions: builtIn,
    },
    // As they are posted, in whatever version their CRD serves.
    {
      name: placementWebhookNames.customPlacements,
      kinds: served.map((kind): PlacedKind => ({ ...kind, versions: ["*"] })),
      failurePolicy: whenAway,
      conditions: () => [{ name: "may-move", expression: specMayMove }],
    },
  ];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: metadata(settings),
    webhooks: [
      ...registrations
        .filter(({ kinds }) => kinds.length > 0)
        .map(({ name, kinds, failurePolicy, conditions }) => ({
          ...entry(name, settings),
          failurePolicy,
          rules: rulesOf(kinds, ({ operations }) => operations),
          matchConditions: conditions(kinds),
        })),
      ...unclaimedEntries(settings),
      ...(scaled.length > 0 ? [scales(scaled, settings)] : []),
      inUse(settings),
    ],
  };
}

/** Asked so that somebody can be warned, and who asked is on record: never refused, so it goes through when the webhook is away. */
function scales(kinds: readonly PlacedKind[], settings: AdmissionSettings): KubeObject["webhook"] {
  const rules = rulesOf(kinds, () => ["UPDATE"]).map((rule) => ({
    ...rule,
    resources: rule.resources.map((resource) => `${resource}/${scaleSubresource}`),
  }));
  return {
    ...entry(scalesWebhookName, settings),
    failurePolicy: "Ignore",
    rules,
    matchConditions: [{ name: "grows", expression: grows }],
  };
}

/** CEL: it is deleted, or what plans are made of changes. A controller's finalizer or status is nobody's loss. */
const planChanges =
  "request.operation == 'DELETE' || object.spec != oldObject.spec || object.metadata.?labels.orValue({}) != oldObject.metadata.?labels.orValue({})";

/** Asked only so that whoever deletes or narrows what is in use can be warned: never refused, as with scales. */
function inUse(settings: AdmissionSettings): KubeObject["webhook"] {
  return {
    ...entry(inUseWebhookName, settings),
    failurePolicy: "Ignore",
    sideEffects: "None",
    rules: [
      {
        apiGroups: [group],
        apiVersions: ["*"],
        operations: ["UPDATE", "DELETE"],
        resources: [region, residencyPolicy, tenant].map(({ plural }) => plural),
        scope: "Cluster",
      },
    ],
    matchConditions: [{ name: "plan-changes", expression: planChanges }],
  };
}

/** Namespaces that no Tenant has, unless they are ignored: the API server refuses there by itself, this stands behind it. */
function unclaimedEntries(settings: AdmissionSettings): KubeObject["webhooks"] {
  const kinds = kindsRefused(settings.unclaimed ?? ignoreUnclaimed);
  if (kinds.length === 0) return [];
  return [
    {
      ...entry(unclaimedWebhookName, settings),
      namespaceSelector: unclaimedNamespaces(settings),
      failurePolicy: "Ignore",
      rules: rulesOf(kinds, () => ["CREATE"]),
      matchConditions: unclaimedConditions(settings),
    },
  ];
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
