import { objectGuardName, serviceAccounts, webhookConfigurationName } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { onlyExclusions } from "../cloud-exclusions.ts";
import { type AdmissionSettings, adminMetadata, unprivileged } from "./scope.ts";

const accounts = Object.values(serviceAccounts)
  .map((name) => `'${name}'`)
  .join(", ");
const isConfiguration = "request.resource.group == 'admissionregistration.k8s.io'";
const isToken = "request.resource.resource == 'serviceaccounts'";

/**
 * Keeps everybody but the operator off its webhook configurations, and everybody but kubelets off the tokens of
 * our own service accounts (by TokenRequest, and by Secrets that the token controller would fill).
 *
 * The API server asks no policy about policies and their bindings, so this cannot guard itself, nor the others:
 * the operator restores those, and static manifests (charts/companyos/hardening) can refuse their deletion.
 * An update that leaves the webhooks as they are passes: storage migration rewrites objects unchanged. So does one by which
 * a cloud keeps its own namespaces out of them: refused, it would be tried for ever.
 */
export function objectGuardPolicy(settings: AdmissionSettings): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: adminMetadata(objectGuardName),
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        // Of the namespaced resources below only those of the product; it does not limit the others.
        namespaceSelector: {
          matchExpressions: [
            { key: "kubernetes.io/metadata.name", operator: "In", values: [settings.productNamespace] },
          ],
        },
        objectSelector: {},
        resourceRules: [
          {
            apiGroups: ["admissionregistration.k8s.io"],
            apiVersions: ["v1"],
            operations: ["UPDATE", "DELETE"],
            resources: ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"],
            scope: "*",
          },
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE"],
            resources: ["serviceaccounts/token"],
            scope: "*",
          },
          {
            apiGroups: [""],
            apiVersions: ["v1"],
            operations: ["CREATE", "UPDATE"],
            resources: ["secrets"],
            scope: "*",
          },
        ],
      },
      matchConditions: [
        { name: "not-operator", expression: unprivileged(settings) },
        {
          name: "ours",
          // A collection is deleted without a name in the request, object by object.
          expression:
            `${isConfiguration} ? oldObject.metadata.name == '${webhookConfigurationName}' : ` +
            `${isToken} ? request.name in [${accounts}] : ` +
            "object.?type.orValue('') == 'kubernetes.io/service-account-token' && " +
            `object.metadata.?annotations[?'kubernetes.io/service-account.name'].orValue('') in [${accounts}]`,
        },
      ],
      validations: [
        {
          expression: `!(${isConfiguration}) || (request.operation == 'UPDATE' && (dyn(object).?webhooks.orValue([]) == dyn(oldObject).?webhooks.orValue([]) || (${onlyExclusions(settings.productNamespace)})))`,
          message: `this configuration is kept by the operator; members of the break-glass group may change it (policy ${objectGuardName})`,
          reason: "Forbidden",
        },
        {
          expression: `${isConfiguration} || (${isToken} && ('system:nodes' in request.userInfo.groups || 'system:masters' in request.userInfo.groups))`,
          message: `tokens of the product's service accounts are for its own pods: only kubelets request them (policy ${objectGuardName})`,
          reason: "Forbidden",
        },
      ],
    },
  };
}

export function objectGuardBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: adminMetadata(objectGuardName),
    spec: { policyName: objectGuardName, validationActions: ["Deny", "Audit"] },
  };
}
