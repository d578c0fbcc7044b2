import { annotations, labels, pinLabels, pinPolicyName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { placedKinds, termsPath } from "@companyos/policies";
import { tooManyTerms } from "./excess.ts";
import { notMirrorPod } from "./mirror.ts";
import { byKind, fieldOf, isKind, isPinned, type PinnedKind, rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

/** What the pin requires where no region is allowed: no node may carry it as its region. */
export const noRegion = "residency.companyos.io-none";

/** The namespace's annotation is the authority: its regions, or the one value that matches no node. */
export const pinVariables = [
  {
    name: "authority",
    expression: `namespaceObject.metadata.?annotations[?'${annotations.allowedRegions}'].orValue('')`,
  },
  {
    name: "allowed",
    expression: `variables.authority == '' ? ['${noRegion}'] : variables.authority.split(',')`,
  },
];

const [, ...inAffinity] = termsPath;
const required = inAffinity.slice(0, -1).join("/");
const term = `Object.spec.${termsPath.join(".")}`;
const requirement = (key: string) =>
  `${term}.matchExpressions{key: '${key}', operator: 'In', values: variables.allowed}`;
const expressions = "t.?matchExpressions.orValue([])";
const missing = (key: string) =>
  `!${expressions}.exists(e, e.key == '${key}' && e.operator == 'In' && e.values == variables.allowed)`;
const specPath = ({ template }: PinnedKind) => [...template.path, "spec"];
const pathInTerm = "variables.paths + string(i) + '/matchExpressions";
const [first, second] = pinLabels;

/**
 * Terms are ORed, so every one of them gets the requirements, each unless it is there already. An empty or absent
 * list becomes one term. A term without expressions gets its list with the first requirement; it lacks both, so the
 * second always finds a list to go into. Optionals are chained from `object` itself: held in a variable, an optional
 * evaluates to none and the patch would silently replace the author's terms.
 */
const mutation = `size(variables.terms) == 0 ?
(variables.affinity.hasValue() ? [] : [JSONPatch{op: 'add', path: variables.root, value: {}}]) +
(variables.affinity.?nodeAffinity.hasValue() ? [] : [JSONPatch{op: 'add', path: variables.root + '/nodeAffinity', value: {}}]) +
[JSONPatch{op: 'add', path: variables.root + '/${required}', value: {'nodeSelectorTerms': [{'matchExpressions': [${pinLabels.map(requirement).join(", ")}]}]}}]
:
variables.terms.transformList(i, t, ${missing(first)},
  JSONPatch{op: 'add', path: ${pathInTerm}' + (size(${expressions}) > 0 ? '/-' : ''),
    value: size(${expressions}) > 0 ? dyn(${requirement(first)}) : dyn([${requirement(first)}])}) +
variables.terms.transformList(i, t, ${missing(second)},
  JSONPatch{op: 'add', path: ${pathInTerm}/-', value: dyn(${requirement(second)})})`;

/**
 * Adds the tenant's regions to every term of the required node affinity in the kinds that say they are pinned, upon the
 * requests that they name.
 */
export function pinPolicy(settings: AdmissionSettings, placed = placedKinds): KubeObject {
  const kinds = placed.filter(isPinned);
  const ofKind = (choose: (kind: PinnedKind) => string) =>
    byKind(kinds, ({ kind }) => `variables.is${kind}`, choose);
  const affinity = ofKind((kind) => `${fieldOf(specPath(kind))}.?affinity`);
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
        resourceRules: rulesOf(kinds, ({ pinnedOn }) => pinnedOn),
      },
      matchConditions: [
        { name: "not-mirror-pod", expression: notMirrorPod },
        // Left as they are: the webhook and the policy that requires the pin refuse them.
        {
          name: "not-too-many-terms",
          expression: byKind(kinds, isKind, (kind) => `!${tooManyTerms(fieldOf(specPath(kind)))}`),
        },
      ],
      variables: [
        ...pinVariables,
        ...kinds.slice(0, -1).map((kind) => ({ name: `is${kind.kind}`, expression: isKind(kind) })),
        { name: "root", expression: `(${ofKind((kind) => `'/${specPath(kind).join("/")}'`)}) + '/affinity'` },
        { name: "paths", expression: `variables.root + '/${required}/nodeSelectorTerms/'` },
        { name: "affinity", expression: affinity },
        { name: "terms", expression: `(${affinity}).?${inAffinity.join(".?")}.orValue([])` },
      ],
      mutations: [{ patchType: "JSONPatch", jsonPatch: { expression: mutation } }],
    },
  };
}

export function pinBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "MutatingAdmissionPolicyBinding",
    metadata: adminMetadata(pinPolicyName),
    spec: { policyName: pinPolicyName, matchResources: enforcedNamespaces() },
  };
}

/** Modes Warn and Audit change nothing in the cluster: only namespaces in Enforce are bound. */
export function enforcedNamespaces(): KubeObject["spec"] {
  return {
    matchPolicy: "Equivalent",
    namespaceSelector: { matchLabels: { [labels.mode]: "Enforce" } },
    objectSelector: {},
  };
}
