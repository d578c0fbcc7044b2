/** What clouds do to webhook configurations, and how much of it is left to them. */
import { cloudLabels } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { withoutExclusions } from "../src/admission/cloud-exclusions.ts";
import { hasDrifted } from "../src/admission/drift.ts";
import { admissionObjects, defaultAdmissionMetadata } from "../src/admission/objects/index.ts";
import { digestOf } from "../src/admission/remember.ts";

const product = "companyos-system";
const settings = {
  productNamespace: product,
  webhook: { url: "https://127.0.0.1:1/admit" },
  caBundle: "a CA",
  whenUnavailable: "available",
  timeoutSeconds: 5,
} as const;
const tenants = [
  { "kubernetes.io/metadata.name": "acme", "residency.companyos.io/tenant": "acme" },
  { "kubernetes.io/metadata.name": "globex", "residency.companyos.io/tenant": "globex", team: "web" },
];
const configurations = admissionObjects(settings).filter(({ kind }) =>
  kind!.endsWith("WebhookConfiguration"),
);

type Requirement = { key: string; operator: string; values?: string[] };

/** Whether the operator restores each configuration to which `edit` was done. */
const restores = (edit: (webhook: KubeObject) => void, namespaces: Record<string, string>[] = tenants) =>
  configurations.map((desired) => {
    const live = structuredClone(desired);
    for (const webhook of live.webhooks) edit(webhook);
    return hasDrifted(
      withoutExclusions(live, desired, () => namespaces),
      desired,
    );
  });
const adds = (requirement: Requirement) => (webhook: KubeObject) => {
  webhook.namespaceSelector.matchExpressions.unshift(requirement);
};
const aks: Requirement[] = [
  { key: "control-plane", operator: "DoesNotExist" },
  { key: "control-plane", operator: "NotIn", values: ["true"] },
  { key: "kubernetes.azure.com/managedby", operator: "NotIn", values: ["aks"] },
  { key: "kubernetes.io/metadata.name", operator: "NotIn", values: ["kube-public", "calico-system"] },
  { key: "openshift.io/run-level", operator: "NotIn", values: ["0", "1"] },
];

describe("a namespaceSelector to which a cloud added what keeps its own namespaces out", () => {
  test.each(aks)("is left as it is: $key $operator", (requirement) => {
    expect(restores(adds(requirement))).toEqual([false, false]);
  });

  test.each(aks.filter(({ key }) => key !== aks[3]!.key))(
    "is restored as soon as a tenant's namespace would be out: $key $operator",
    (one) => {
      const labelled = { ...tenants[0], [one.key]: one.values?.[0] ?? "controller-manager" };
      expect(restores(adds(one), [labelled])).toEqual([true, true]);
    },
  );
});

test("what is left to clouds is what the guards go by: which labels may be added, and which no tenant's namespace gets", () => {
  const guards = new Map(
    admissionObjects(settings).map(({ kind, metadata, spec }) => [`${kind}/${metadata.name}`, spec]),
  );
  const objects = JSON.stringify(guards.get("ValidatingAdmissionPolicy/companyos-object-guard"));
  const namespaces: KubeObject[] = guards.get(
    "ValidatingAdmissionPolicy/companyos-namespace-guard",
  ).validations;
  const ofClouds = namespaces.filter(({ expression }) => expression.includes(cloudLabels[0]!));
  expect(ofClouds).toHaveLength(1);
  for (const key of cloudLabels) {
    expect(restores(adds({ key, operator: "DoesNotExist" }))).toEqual([false, false]);
    expect(objects).toContain(JSON.stringify(JSON.stringify(key)).slice(1, -1));
    expect(ofClouds[0]!.expression).toContain(
      `variables.labels[?'${key}'] == variables.oldLabels[?'${key}']`,
    );
    expect(ofClouds[0]!.message).toContain(key);
  }
});

const weakening: [string, (webhook: KubeObject) => void][] = [
  ["a tenant's name among others", adds({ ...aks[3]!, values: ["kube-public", "acme"] })],
  ["a label that a tenant's namespace has", adds({ key: "team", operator: "DoesNotExist" })],
  [
    "a label that anybody may give to a namespace",
    adds({ key: "cloud.example/mine", operator: "DoesNotExist" }),
  ],
  ["a label of ours", adds({ key: "residency.companyos.io/mode", operator: "NotIn", values: ["None"] })],
  ["a label that must be there", adds({ key: "control-plane", operator: "Exists" })],
  [
    "our own requirement gone",
    (webhook) => void webhook.namespaceSelector.matchExpressions.splice(1, 1, aks[0]),
  ],
  ["a matchLabels", (webhook) => (webhook.namespaceSelector.matchLabels = { "control-plane": "false" })],
  ["an objectSelector", (webhook) => (webhook.objectSelector = { matchExpressions: [aks[0]] })],
  ["a shorter time-out", (webhook) => (webhook.timeoutSeconds = 1)],
];
test.each(weakening)("an edit that weakens is restored: %s", (_, edit) => {
  expect(restores(edit)).toEqual([true, true]);
});

describe("labels and annotations from the chart", () => {
  const before = admissionObjects(settings);
  const after = admissionObjects({ ...settings, metadata: defaultAdmissionMetadata });

  test("are on every object, beside ours, and cannot replace ours", () => {
    const label = { "app.kubernetes.io/name": "mine", "admissions.enforcer/disabled": "true" };
    for (const { metadata } of admissionObjects({
      ...settings,
      metadata: { labels: label, annotations: {} },
    }))
      expect(metadata.labels).toMatchObject({
        "app.kubernetes.io/name": "companyos-residency",
        "admissions.enforcer/disabled": "true",
      });
    for (const { metadata } of after)
      expect(metadata.annotations).toEqual({ "admissions.enforcer/disabled": "true" });
  });

  test("are written onto objects of an earlier release, and that is nobody's tampering", () => {
    for (const [index, object] of after.entries()) {
      expect(hasDrifted(before[index]!, object)).toBe(true);
      expect(digestOf(object)).not.toBe(digestOf(before[index]!));
    }
  });

  test("that somebody took away are restored", () => {
    for (const object of after) {
      const live = structuredClone(object);
      delete live.metadata.annotations;
      expect(hasDrifted(live, object)).toBe(true);
      expect(hasDrifted({ ...live, metadata: { ...object.metadata, labels: {} } }, object)).toBe(true);
    }
  });
});
