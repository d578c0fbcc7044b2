import { labels, pinPolicyName, repinPolicyName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type PlacedKind, placedKinds, type WriteOperation } from "@companyos/policies";
import { tooManyTerms } from "./excess.ts";
import { notMirrorPod } from "./mirror.ts";
import { saysPinByWord, saysPinInTerms, selectsOurs } from "./own-pin.ts";
import { isControlled } from "./owners.ts";
import { podPin, templatePin, touched, type Variable } from "./pin-cel.ts";
import { byKind, fieldOf, isKind, isPinned, type PinnedKind, rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

const isPod = ({ kind }: PlacedKind) => kind === "Pod";
const specOf = ({ template }: PinnedKind) => fieldOf([...template.path, "spec"]);
const operationsOf = ({ pinnedOn, pinKeptOn = [] }: PinnedKind): WriteOperation[] => [
  ...new Set([...pinnedOn, ...pinKeptOn]),
];

/** CEL: there is a template. A few kinds may come without, and are refused for it later. */
const hasTemplate = ({ template }: PinnedKind) =>
  template.path.length === 0 ? "true" : `has(${fieldOf(template.path)})`;

/**
 * CEL: the pin has something to do, as far as the object tells. A pod that says it by our label is passed by: the policy that
 * requires the pin compares its regions. A template is looked at when it is made, when it changes, and when it is touched for it; what a
 * scale or a label changes starts no rollout.
 */
function isLookedAt(kind: PinnedKind): string {
  const { template, pinnedOn, pinnedThoughOwned } = kind;
  const spec = specOf(kind);
  if (isPod(kind)) return `!${saysPinByWord(spec)}`;
  const changed = `${fieldOf(template.path)} != oldObject.?${template.path.join(".?")}.orValue(null)`;
  const asked = pinnedOn.includes("UPDATE") ? `(${changed} || ${touched})` : changed;
  const whose = pinnedThoughOwned ? "" : ` && !${isControlled}`;
  return `(request.operation == 'CREATE' || ${asked})${whose}`;
}

/**
 * Pins to nodes that are vouched for in the tenant's regions: the templates that people apply, and pods that come without. A
 * template that a controller made is left alone, since its maker would see a difference and make another one; its pods are
 * pinned when they are created. DaemonSets are pinned whoever made them: their controller asks the template which nodes get
 * a pod.
 */
export function pinPolicy(settings: AdmissionSettings, placed = placedKinds): KubeObject {
  const kinds = placed.filter(isPinned);
  const keptOnly = kinds.filter(({ pinnedOn, pinKeptOn }) => pinKeptOn && !pinnedOn.includes("UPDATE"));
  const { variables, mutation } = templatePin(keptOnly.map(isKind).join(" || ") || "false");
  const conditions = [
    // Left as they are: the webhook and the policy that requires the pin refuse them.
    {
      name: "not-too-many-terms",
      expression: byKind(
        kinds,
        isKind,
        (kind) =>
          `(${isPod(kind) ? `${selectsOurs(specOf(kind))} ||` : `${hasTemplate(kind)} &&`} !${tooManyTerms(specOf(kind))})`,
      ),
    },
    { name: "not-pinned-yet", expression: byKind(kinds, isKind, (kind) => guardedBySize(kind)) },
  ];
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicy",
    metadata: adminMetadata(pinPolicyName),
    spec: {
      failurePolicy: "Fail",
      reinvocationPolicy: "IfNeeded",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: tenantNamespaces(settings),
        objectSelector: {},
        resourceRules: rulesOf(kinds, operationsOf),
      },
      matchConditions: [{ name: "not-mirror-pod", expression: notMirrorPod }, ...conditions],
      variables: [...templateVariables(kinds), oldTemplate(kinds), ...variables],
      mutations: [jsonPatch(mutation)],
    },
  };
}

/** Terms are gone through only where there are not too many of them. */
function guardedBySize(kind: PinnedKind): string {
  return isPod(kind)
    ? `(!${selectsOurs(specOf(kind))} && (${tooManyTerms(specOf(kind))} || ${isLookedAt(kind)}))`
    : `(${hasTemplate(kind)} && ${isLookedAt(kind)})`;
}

/**
 * Replaces stale pins of new pods where a region was taken from the namespace: a match condition cannot read the namespace,
 * so `companyos-pin` passes by every pod that has one, and only these namespaces pay for a second look.
 */
export function repinPolicy(settings: AdmissionSettings, placed = placedKinds): KubeObject {
  const kinds = placed.filter(isPinned).filter(isPod);
  const [pod] = kinds;
  const { variables, mutation } = podPin();
  const spec = pod ? specOf(pod) : "object.spec";
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicy",
    metadata: adminMetadata(repinPolicyName),
    spec: {
      failurePolicy: "Fail",
      reinvocationPolicy: "IfNeeded",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {
          matchExpressions: [
            ...tenantNamespaces(settings).matchExpressions,
            { key: labels.moved, operator: "Exists" },
          ],
        },
        objectSelector: {},
        resourceRules: rulesOf(kinds, ({ pinnedOn }) => pinnedOn),
      },
      matchConditions: [
        { name: "not-mirror-pod", expression: notMirrorPod },
        { name: "not-too-many-terms", expression: `!${tooManyTerms(spec)}` },
        {
          name: "pinned",
          expression: `!${tooManyTerms(spec)} && (${selectsOurs(spec)} || ${saysPinInTerms(spec)})`,
        },
      ],
      variables: [...templateVariables(kinds), ...variables],
      mutations: [jsonPatch(mutation)],
    },
  };
}

function templateVariables(kinds: readonly PinnedKind[]): Variable[] {
  return [
    {
      name: "template",
      expression: byKind(kinds, isKind, ({ template }) => ["object", ...template.path].join(".")),
    },
    {
      name: "root",
      expression: byKind(kinds, isKind, ({ template }) => `'/${[...template.path, "spec"].join("/")}'`),
    },
  ];
}

function oldTemplate(kinds: readonly PinnedKind[]): Variable {
  const old = ({ template }: PinnedKind) =>
    template.path.length === 0 ? "oldObject" : `oldObject.?${template.path.join(".?")}.orValue({})`;
  return {
    name: "oldTemplate",
    expression: `request.operation != 'UPDATE' ? {} : ${byKind(kinds, isKind, old)}`,
  };
}

function jsonPatch(expression: string): KubeObject["mutation"] {
  return { patchType: "JSONPatch", jsonPatch: { expression } };
}

function bindingOf(name: string): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicyBinding",
    metadata: adminMetadata(name),
    spec: { policyName: name, matchResources: enforcedNamespaces() },
  };
}

export const pinBinding = (): KubeObject => bindingOf(pinPolicyName);
export const repinBinding = (): KubeObject => bindingOf(repinPolicyName);

/** Modes Warn and Audit change nothing in the cluster: only namespaces in Enforce are bound. */
export function enforcedNamespaces(): KubeObject["spec"] {
  return {
    matchPolicy: "Equivalent",
    namespaceSelector: { matchLabels: { [labels.mode]: "Enforce" } },
    objectSelector: {},
  };
}
