import { group, namespaceGuardName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { chunks, nameLiteral } from "./literal.ts";
import { type AdmissionFacts, type AdmissionSettings, adminMetadata, unprivileged } from "./scope.ts";

const ours = (object: string, field: "labels" | "annotations") =>
  `${object}.metadata.?${field}.orValue({}).transformMap(k, v, k.startsWith('${group}/'), v)`;
const before = (field: "labels" | "annotations") => `oldObject == null ? {} : ${ours("oldObject", field)}`;

/**
 * Residency metadata of namespaces is what both layers go by, so only the operator writes it, whatever the way:
 * the namespace, its status, its finalize. Nobody else creates a namespace whose name a Tenant claims. Everything
 * else about namespaces is free, their deletion too.
 */
export function namespaceGuardPolicy(settings: AdmissionSettings, facts: AdmissionFacts): KubeObject {
  const reserved = chunks([...facts.reserved].sort());
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: adminMetadata(namespaceGuardName),
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["namespaces", "namespaces/status", "namespaces/finalize"],
            scope: "*",
          },
        ],
      },
      matchConditions: [{ name: "not-operator", expression: unprivileged(settings) }],
      variables: [
        { name: "labels", expression: ours("object", "labels") },
        { name: "annotations", expression: ours("object", "annotations") },
        { name: "oldLabels", expression: before("labels") },
        { name: "oldAnnotations", expression: before("annotations") },
        ...reserved.map((names, index) => ({
          name: `reserved${index}`,
          expression: `object.metadata.name in ${nameLiteral(names)}`,
        })),
      ],
      validations: [
        {
          expression:
            "variables.labels == variables.oldLabels && variables.annotations == variables.oldAnnotations",
          message: `labels and annotations ${group}/* of namespaces are written by the operator only: edit the Tenant (policy ${namespaceGuardName})`,
          reason: "Forbidden",
        },
        {
          expression: `request.operation != 'CREATE' || !(${
            reserved.map((_, index) => `variables.reserved${index}`).join(" || ") || "false"
          })`,
          message: `a Tenant claims this name: the operator creates the namespace (policy ${namespaceGuardName})`,
          reason: "Forbidden",
        },
      ],
    },
  };
}

/** Bound everywhere: metadata of a namespace that is no tenant's yet is what would make it one. */
export function namespaceGuardBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: adminMetadata(namespaceGuardName),
    spec: { policyName: namespaceGuardName, validationActions: ["Deny", "Audit"] },
  };
}
