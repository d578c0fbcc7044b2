import { annotations, pinnedPolicyName, restrictedRegion, topologyRegion } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { placedKinds } from "@companyos/policies";
import { tooManyTerms, tooManyTermsMessage } from "./excess.ts";
import { notMirrorPod } from "./mirror.ts";
import { expressionsOf, isEmptyTerm, markedTerm, maxRegions, namesOnly, termsOf } from "./own-pin.ts";
import { enforcedNamespaces } from "./pin.ts";
import { pinVariables } from "./pin-cel.ts";
import { rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

const ours = `object.spec.?nodeSelector[?'${restrictedRegion}']`;
const theirs = `object.spec.?nodeSelector[?'${topologyRegion}']`;
const bounds = (list: string) =>
  `(e.operator == 'In' && size(e.values) <= ${maxRegions} && sets.contains(${list}, e.values))`;
const byLabel = `(e.key == '${restrictedRegion}' && ${bounds("variables.allowed")})`;
const byTopology = `(e.key == '${topologyRegion}' && ${bounds(`(${markedTerm("t")} ? variables.topologyPinned : variables.allowed)`)})`;

/**
 * Requires a pin in every term that could match, so that a pod from which something stripped it is refused, and compares its
 * regions: pods that are pinned already are looked at by nothing else in the API server. What our label names outside of
 * the tenant's regions is refused whatever stands beside it. The topology label alone is enough too: an API server takes
 * policies up at different moments, and while an upgrade has only this one in force, the pin may still be one that adds
 * that label. A pod that got through so can be drawn to a node that lies, never bound to it. With the marker beside it it
 * would be taken for pinned, so there the namespace must have the region go by that label. A pod with too many terms is refused
 * without looking at them.
 */
export function pinnedPolicy(settings: AdmissionSettings): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: adminMetadata(pinnedPolicyName),
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: tenantNamespaces(settings),
        objectSelector: {},
        resourceRules: rulesOf(
          placedKinds.filter(({ kind }) => kind === "Pod"),
          () => ["CREATE"],
        ),
      },
      matchConditions: [{ name: "not-mirror-pod", expression: notMirrorPod }],
      variables: [
        ...pinVariables,
        { name: "ours", expression: `${ours}.orValue('')` },
        {
          name: "topologyPinned",
          expression: `namespaceObject.metadata.?annotations[?'${annotations.topologyPinned}'].orValue('').split(',').filter(r, r in variables.allowed)`,
        },
        { name: "terms", expression: termsOf("object.spec") },
        { name: "tooMany", expression: tooManyTerms("object.spec") },
      ],
      validations: [
        {
          expression: "!variables.tooMany",
          message: `the pod's ${tooManyTermsMessage} (policy ${pinnedPolicyName})`,
          reason: "Forbidden",
        },
        {
          expression: `variables.tooMany || ${namesOnly("variables.ours", "variables.terms", "variables.allowed")}`,
          message: `the pod is pinned to a region that its tenant may not use (policy ${pinnedPolicyName})`,
          messageExpression:
            "'the pod is pinned to ' + (variables.ours == '' ? 'a region' : variables.ours) + ' by " +
            `${restrictedRegion}, and its tenant may use ' + (variables.authority == '' ? 'no region' : variables.authority) + ` +
            `': leave that label out, it is put there (policy ${pinnedPolicyName})'`,
          reason: "Forbidden",
        },
        {
          expression:
            `variables.tooMany || variables.ours != '' || ${theirs}.orValue('') in variables.allowed || ` +
            `(size(variables.terms) > 0 && variables.terms.all(t, ${isEmptyTerm("t")} || ${expressionsOf("t")}.exists(e, ` +
            `${byLabel} || ${byTopology})))`,
          message: `the pod is not pinned to its tenant's regions (policy ${pinnedPolicyName})`,
          reason: "Forbidden",
        },
      ],
    },
  };
}

export function pinnedBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: adminMetadata(pinnedPolicyName),
    spec: {
      policyName: pinnedPolicyName,
      validationActions: ["Deny", "Audit"],
      matchResources: enforcedNamespaces(),
    },
  };
}
