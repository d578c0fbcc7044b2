import { annotations, cloudLabels, group, labels, namespaceGuardName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { chunks, nameLiteral } from "./literal.ts";
import { type AdmissionFacts, type AdmissionSettings, adminMetadata, unprivileged } from "./scope.ts";

type Field = "labels" | "annotations";
const all = (field: Field) => `object.metadata.?${field}.orValue({})`;
const allBefore = (field: Field) => `oldObject == null ? {} : oldObject.metadata.?${field}.orValue({})`;
const ours = (variable: string) =>
  `variables.${variable}.transformMap(k, v, k.startsWith('${group}/') && ${isKept}, v)`;
/** What people say of a namespace is said by whoever may write the namespace itself, not by who may write its status. */
const isKept = `(!(k in ['${annotations.adoptBy}', '${annotations.letGo}']) || request.?subResource.orValue('') != '')`;
/** CEL: it is not said anew that the namespace is let go, or whoever says so could let it go if its Tenant were there. */
const mayLetGo =
  `!('${annotations.letGo}' in variables.annotations) || ` +
  `variables.annotations[?'${annotations.letGo}'] == variables.oldAnnotations[?'${annotations.letGo}'] || ` +
  `authorizer.group('${group}').resource('tenants').name(variables.oldLabels[?'${labels.tenant}'].orValue('')).check('update').allowed()`;

/** Labels, or annotations, of a namespace that are gone through: CEL takes n² for n of them, seconds for ten thousands. */
const maxMetadata = 1_000;
const few = ["labels", "oldLabels", "annotations", "oldAnnotations"]
  .map((name) => `size(variables.${name}) <= ${maxMetadata}`)
  .join(" && ");

/** CEL: a label that clouds keep out of webhooks is as it was, or goes. */
const asBefore = cloudLabels
  .map(
    (key) =>
      `(!('${key}' in variables.labels) || variables.labels[?'${key}'] == variables.oldLabels[?'${key}'])`,
  )
  .join(" && ");

/**
 * Residency metadata of namespaces is what both layers go by, so only the operator writes it, whatever the way:
 * the namespace, its status, its finalize. The exceptions are consent to be adopted: nothing goes by it unless a Tenant
 * asks for the namespace too, and the one it belongs to is gone; and that it is let go, by whoever may update Tenants. Nobody else creates a namespace whose name a Tenant
 * claims. A tenant's namespace gets no label by which a cloud would take it from the webhook's sight. Everything else about namespaces is free, their deletion too; only a namespace with thousands of labels or
 * annotations keeps those that it has.
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
        { name: "labels", expression: all("labels") },
        { name: "annotations", expression: all("annotations") },
        { name: "oldLabels", expression: allBefore("labels") },
        { name: "oldAnnotations", expression: allBefore("annotations") },
        {
          name: "unchanged",
          expression:
            "variables.labels == variables.oldLabels && variables.annotations == variables.oldAnnotations",
        },
        { name: "few", expression: few },
        ...reserved.map((names, index) => ({
          name: `reserved${index}`,
          expression: `object.metadata.name in ${nameLiteral(names)}`,
        })),
      ],
      validations: [
        {
          expression: "variables.unchanged || variables.few",
          message: `a namespace with more than ${maxMetadata} labels or annotations keeps those that it has (policy ${namespaceGuardName})`,
          reason: "Forbidden",
        },
        {
          expression: `variables.unchanged || !variables.few || (${ours("labels")} == ${ours("oldLabels")} && ${ours("annotations")} == ${ours("oldAnnotations")})`,
          message: `labels and annotations ${group}/* of namespaces are written by the operator only: edit the Tenant (policy ${namespaceGuardName})`,
          reason: "Forbidden",
        },
        {
          expression: mayLetGo,
          message: `whoever may update the Tenant says that its namespace is let go: with it the rules end there (policy ${namespaceGuardName})`,
          reason: "Forbidden",
        },
        {
          expression: `!('${labels.tenant}' in variables.labels) || (${asBefore})`,
          message: `a tenant's namespace gets none of the labels ${cloudLabels.join(", ")}: clouds keep what bears one from admission webhooks (policy ${namespaceGuardName})`,
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
