import { pinLabels, pinnedPolicyName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { placedKinds } from "@companyos/policies";
import { termsOf, tooManyTerms, tooManyTermsMessage } from "./excess.ts";
import { notMirrorPod } from "./mirror.ts";
import { enforcedNamespaces, pinVariables } from "./pin.ts";
import { rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, tenantNamespaces } from "./scope.ts";

const [byTopology, byWord] = pinLabels;
/** No pin lists more; longer lists are not gone through. */
const maxValues = 100;
const selected = (key: string) => `object.spec.?nodeSelector[?'${key}'].orValue('') in variables.allowed`;

/**
 * Requires a pin in every term, so that a pod from which something stripped it is refused. One of its two labels is
 * enough: an API server takes the two policies up at different moments, and while an upgrade has only this one in
 * force, the pin may still be the one that adds the topology label alone. A pod that got through so can be drawn to
 * a node that lies, never bound to it. A pod with too many terms is refused without looking at them.
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
          expression:
            "variables.tooMany || " +
            `${pinLabels.map(selected).join(" || ")} || ` +
            "(size(variables.terms) > 0 && variables.terms.all(t, t.?matchExpressions.orValue([]).exists(e, " +
            `(e.key == '${byTopology}' || e.key == '${byWord}') && ` +
            `e.operator == 'In' && size(e.values) <= ${maxValues} && ` +
            "e.values.all(v, v in variables.allowed))))",
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
