import {
  ignoreUnclaimed,
  labels,
  reservedPrefix,
  type UnclaimedSetting,
  unclaimedPolicyName,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { type PlacedKind, placedKinds } from "@companyos/policies";
import { notMirrorPod } from "./mirror.ts";
import { rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, type NamespaceSelector, unprivileged } from "./scope.ts";

/** Namespaces without a Tenant, less those that the setting never reaches. The control plane's go by a prefix, below. */
export function unclaimedNamespaces({ productNamespace, unclaimed }: AdmissionSettings): NamespaceSelector {
  const except = ["kube-system", productNamespace, ...(unclaimed?.except ?? [])];
  return {
    matchExpressions: [
      { key: labels.tenant, operator: "DoesNotExist" },
      { key: "kubernetes.io/metadata.name", operator: "NotIn", values: [...new Set(except)].sort() },
    ],
  };
}

/** Kinds of which nothing new is made there: pods, and with Deny what makes pods. */
export function kindsRefused({ action }: UnclaimedSetting): readonly PlacedKind[] {
  if (action === "Ignore") return [];
  return placedKinds.filter(({ kind, template }) => kind === "Pod" || (action === "Deny" && template));
}

/** CEL: what a controller makes of something older passes here; its pods do not. */
const notMadeByController =
  "request.kind.kind == 'Pod' || !object.metadata.?ownerReferences.orValue([]).exists(o, o.?controller.orValue(false))";

export const unclaimedConditions = [
  { name: "not-control-plane", expression: `!request.namespace.startsWith('${reservedPrefix}')` },
  { name: "not-made-by-controller", expression: notMadeByController },
  { name: "not-mirror-pod", expression: notMirrorPod },
];

/**
 * Refuses new pods in namespaces that no Tenant has. With a default tenant that lasts for the moment until the operator
 * has given it the namespace, so that no pod starts without a pin in between. Its labels tell the setting.
 */
export function unclaimedPolicy(settings: AdmissionSettings): KubeObject {
  const { unclaimed = ignoreUnclaimed } = settings;
  const metadata = adminMetadata(unclaimedPolicyName);
  const { action, tenant } = unclaimed;
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicy",
    metadata: {
      ...metadata,
      labels: {
        ...metadata.labels,
        [labels.unclaimed]: action,
        ...(tenant === undefined ? {} : { [labels.defaultTenant]: tenant }),
      },
    },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: unclaimedNamespaces(settings),
        objectSelector: {},
        resourceRules: rulesOf(kindsRefused(unclaimed), () => ["CREATE"]),
      },
      matchConditions: [...unclaimedConditions, { name: "not-operator", expression: unprivileged(settings) }],
      validations: [
        {
          expression: "false",
          message: `the namespace belongs to no tenant: TENANT_REQUIRED (policy ${unclaimedPolicyName})`,
          messageExpression: `'namespace ' + request.namespace + ' belongs to no tenant, ${todo(unclaimed)}: TENANT_REQUIRED (policy ${unclaimedPolicyName})'`,
          reason: "Forbidden",
        },
      ],
    },
  };
}

function todo({ action, tenant }: UnclaimedSetting): string {
  return action === "DefaultTenant"
    ? `and tenant ${tenant} gets such namespaces a moment after they appear; try again, and look at that Tenant if it goes on`
    : "and nothing new runs in such a one; hand it over with companyos adopt NAMESPACE --tenant NAME";
}

export function unclaimedBinding(): KubeObject {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingAdmissionPolicyBinding",
    metadata: adminMetadata(unclaimedPolicyName),
    spec: { policyName: unclaimedPolicyName, validationActions: ["Deny", "Audit"] },
  };
}
