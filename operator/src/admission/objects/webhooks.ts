import {
  group,
  ignoreUnclaimed,
  inUseWebhookName,
  labels,
  newInUseWebhookName,
  newOwnPath,
  placementWebhookNames,
  podsWebhookName,
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
import { nameLiteral } from "./literal.ts";
import { grows, mayMove, specMayMove } from "./may-move.ts";
import { notMirrorPod } from "./mirror.ts";
import { pinnedWithin } from "./own-pin.ts";
import { namesNode, rulesOf } from "./placed.ts";
import {
  type AdmissionSettings,
  adminMetadata,
  type NamespaceRequirement,
  tenantNamespaces,
} from "./scope.ts";
import { kindsRefused, unclaimedConditions, unclaimedNamespaces } from "./unclaimed.ts";

const saysWhichNode = "object.spec.?nodeName.orValue('') != ''";
const isPod = "request.resource.resource == 'pods' && request.?subResource.orValue('') == ''";

/**
 * New pods that a ValidatingAdmissionPolicy may refuse: those that name their node, or have too many terms. With
 * bindings they are decided by the mutating registration, before that, so that a refusal leaves a receipt.
 */
const decidedEarly = `(${saysWhichNode} || ${tooManyTerms("object.spec")})`;
/** Each of these is decided once. */
const notEarly = `!(request.operation == 'CREATE' && ${isPod} && ${decidedEarly})`;

/** More sets of regions get no webhook of their own: what `companyos-pinned` refuses there is counted, without a name. */
export const maxRegionSets = 64;

/**
 * A mutating registration without a patch, because mutating webhooks run before ValidatingAdmissionPolicy and may refuse. It
 * holds up nothing when the webhook is away: what is refused early is refused by a policy then, what is allowed early is asked
 * about again, unless a policy decides it alone.
 * @param regionSets what namespaces in Enforce may use, by the value of their label. A match condition cannot read the namespace, so
 * each has an entry that knows the regions; every namespace is selected by one of these, or by the one for the others.
 */
export function mutatingWebhook(
  settings: AdmissionSettings,
  regionSets: ReadonlyMap<string, readonly string[]> = new Map(),
): KubeObject {
  const kinds = placedKinds.filter(namesNode);
  const known = [...regionSets].slice(0, maxRegionSets);
  const asked = (name: string, of: typeof kinds, selector: NamespaceRequirement[], early: string[]) => ({
    ...entry(name, settings, selector),
    failurePolicy: "Ignore",
    reinvocationPolicy: "Never",
    rules: rulesOf(of, () => ["CREATE"]),
    matchConditions: [
      ...early.map((expression) => ({ name: "judged-early", expression })),
      { name: "not-mirror-pod", expression: notMirrorPod },
    ],
  });
  const pods = kinds.filter(({ node }) => !node.required);
  const label = labels.allowedRegions;
  const others =
    known.length > 0 ? [{ key: label, operator: "NotIn", values: known.map(([value]) => value) }] : [];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingWebhookConfiguration",
    metadata: metadata(settings),
    webhooks: [
      asked(
        placementWebhookNames.bindings,
        kinds.filter(({ node }) => node.required),
        [],
        [],
      ),
      asked(placementWebhookNames.pods, pods, others, [decidedEarly]),
      ...known.map(([value, regions]) =>
        asked(
          podsWebhookName(value),
          pods,
          [{ key: label, operator: "In", values: [value] }],
          [`${decidedEarly} || !${pinnedWithin("object.spec", nameLiteral(regions))}`],
        ),
      ),
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
      newInUse(settings),
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

/** Asked only so that whoever narrows or deletes what is in use can be warned: never refused, as with scales. */
function inUse(settings: AdmissionSettings): KubeObject["webhook"] {
  return {
    ...entry(inUseWebhookName, settings),
    failurePolicy: "Ignore",
    sideEffects: "None",
    rules: ownRules(["UPDATE", "DELETE"], [region, residencyPolicy, tenant]),
    matchConditions: [{ name: "plan-changes", expression: planChanges }],
  };
}

/** A new policy or Region may take something too. The operator is replaced before the last webhook: see `newOwnPath`. */
function newInUse(settings: AdmissionSettings): KubeObject["webhook"] {
  return {
    ...entry(newInUseWebhookName, settings),
    clientConfig: withBundle(settings, newOwnPath),
    failurePolicy: "Ignore",
    sideEffects: "None",
    rules: ownRules(["CREATE"], [region, residencyPolicy]),
  };
}

function ownRules(operations: readonly string[], kinds: readonly { readonly plural: string }[]) {
  const resources = kinds.map(({ plural }) => plural);
  return [{ apiGroups: [group], apiVersions: ["*"], operations, resources, scope: "Cluster" }];
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
function entry(
  name: string,
  settings: AdmissionSettings,
  namespaces: readonly NamespaceRequirement[] = [],
): KubeObject["webhook"] {
  const { matchExpressions } = tenantNamespaces(settings);
  return {
    name,
    admissionReviewVersions: ["v1"],
    clientConfig: withBundle(settings),
    matchPolicy: "Equivalent",
    namespaceSelector: { matchExpressions: [...matchExpressions, ...namespaces] },
    objectSelector: {},
    sideEffects: "NoneOnDryRun",
    timeoutSeconds: settings.timeoutSeconds,
  };
}

function metadata({ callers = "Unverified" }: AdmissionSettings): KubeObject["metadata"] {
  const { labels: ours, ...rest } = adminMetadata(webhookConfigurationName);
  return { ...rest, labels: { ...ours, [labels.callers]: callers } };
}

/** `at`: the path below the one of everything else. */
function withBundle(settings: AdmissionSettings, at?: string): KubeObject["clientConfig"] {
  return { ...clientConfig(settings, at), caBundle: Buffer.from(settings.caBundle).toString("base64") };
}

function clientConfig({ webhook, path }: AdmissionSettings, at?: string): KubeObject["clientConfig"] {
  const below = [path, at].map((part) => (part === undefined ? "" : `/${part}`)).join("");
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
