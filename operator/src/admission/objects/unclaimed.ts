import {
  annotations,
  ignoreUnclaimed,
  labels,
  neverReached,
  type UnclaimedSetting,
  unclaimedPolicyName,
} from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { needsTenant, type PlacedKind, placedKinds } from "@companyos/policies";
import { notMirrorPod } from "./mirror.ts";
import { isControlled } from "./owners.ts";
import { rulesOf } from "./placed.ts";
import { type AdmissionSettings, adminMetadata, type NamespaceSelector, unprivileged } from "./scope.ts";

/** Namespaces without a Tenant, less those that the setting never reaches by name. Beginnings of names: below. */
export function unclaimedNamespaces(settings: AdmissionSettings): NamespaceSelector {
  const { unclaimed = ignoreUnclaimed, productNamespace } = settings;
  return {
    matchExpressions: [
      { key: labels.tenant, operator: "DoesNotExist" },
      {
        key: "kubernetes.io/metadata.name",
        operator: "NotIn",
        values: [...neverReached(unclaimed, productNamespace).names],
      },
    ],
  };
}

/** Kinds of which nothing new is made there: pods, and with Deny what makes pods. */
export function kindsRefused({ action }: UnclaimedSetting): readonly PlacedKind[] {
  return placedKinds.filter((kind) => needsTenant(kind, undefined, action));
}

/** Which requests there are refused, by either layer: what a controller makes of something older passes; its pods do not. */
export function unclaimedConditions(settings: AdmissionSettings): { name: string; expression: string }[] {
  const { unclaimed = ignoreUnclaimed, productNamespace } = settings;
  const { prefixes } = neverReached(unclaimed, productNamespace);
  const excepted = prefixes.map((prefix) => `request.namespace.startsWith('${prefix}')`).join(" || ");
  return [
    ...(excepted === "" ? [] : [{ name: "not-excepted", expression: `!(${excepted})` }]),
    { name: "not-made-by-controller", expression: `request.kind.kind == 'Pod' || !${isControlled}` },
    { name: "not-mirror-pod", expression: notMirrorPod },
    { name: "not-operator", expression: unprivileged(settings) },
  ];
}

/**
 * Refuses new pods in namespaces that no Tenant has. With a default tenant that lasts for the moment until the operator
 * has given it the namespace, so that no pod starts without a pin in between. Its labels tell the setting.
 */
export function unclaimedPolicy(settings: AdmissionSettings): KubeObject {
  const { unclaimed = ignoreUnclaimed } = settings;
  const metadata = adminMetadata(unclaimedPolicyName);
  const { action, tenant, except = [] } = unclaimed;
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
      ...(except.length > 0 ? { annotations: { [annotations.unclaimedExcept]: except.join(",") } } : {}),
    },
    spec: {
      failurePolicy: "Fail",
      matchConstraints: {
        matchPolicy: "Equivalent",
        namespaceSelector: unclaimedNamespaces(settings),
        objectSelector: {},
        resourceRules: rulesOf(kindsRefused(unclaimed), () => ["CREATE"]),
      },
      matchConditions: unclaimedConditions(settings),
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
