/** What is installed for namespaces that no Tenant has. */
import { readFile } from "node:fs/promises";
import { exceptPattern, isReached, type UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { matchLabelSelector } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { type AdmissionSettings, admissionObjects, formerObjects } from "../src/admission/objects/index.ts";

const settings = (unclaimed?: UnclaimedSetting): AdmissionSettings => ({
  productNamespace: "companyos-system",
  webhook: { url: "https://webhook" },
  caBundle: "",
  whenUnavailable: "available",
  timeoutSeconds: 5,
  unclaimed,
});
const installed = (unclaimed?: UnclaimedSetting) =>
  new Map(
    admissionObjects(settings(unclaimed)).map((object) => [`${object.kind}/${object.metadata.name}`, object]),
  );
const policyOf = (unclaimed: UnclaimedSetting): KubeObject =>
  installed(unclaimed).get("ValidatingAdmissionPolicy/companyos-unclaimed")!;
const entries = (unclaimed?: UnclaimedSetting): KubeObject["webhooks"] =>
  installed(unclaimed).get("ValidatingWebhookConfiguration/companyos-residency")!.webhooks;
// biome-ignore lint/suspicious/noExplicitAny: rules as they are installed
const resourcesOf = (rules: any[]) => rules.flatMap(({ resources }) => resources).sort();

test("ignored, nothing is installed for them, and what another setting left is to go, the binding first", () => {
  for (const unclaimed of [undefined, { action: "Ignore" } as const]) {
    expect([...installed(unclaimed).keys()].filter((key) => key.includes("unclaimed"))).toEqual([]);
    expect(entries(unclaimed).map(({ name }: KubeObject) => name)).not.toContain(
      "unclaimed.residency.companyos.io",
    );
    expect(formerObjects(settings(unclaimed)).map(({ kind }) => kind)).toEqual([
      "ValidatingAdmissionPolicyBinding",
      "ValidatingAdmissionPolicy",
    ]);
  }
  expect(formerObjects(settings({ action: "Deny" }))).toEqual([]);
});

test("Deny asks about whatever makes pods, a default tenant about pods; neither about what runs the cluster", () => {
  const { spec } = policyOf({ action: "Deny", except: ["ingress"] });
  expect(spec.matchConstraints.namespaceSelector.matchExpressions).toEqual([
    { key: "residency.companyos.io/tenant", operator: "DoesNotExist" },
    {
      key: "kubernetes.io/metadata.name",
      operator: "NotIn",
      values: ["companyos-system", "ingress", "kube-node-lease", "kube-public", "kube-system"],
    },
  ]);
  expect(resourcesOf(spec.matchConstraints.resourceRules)).toEqual(
    expect.arrayContaining(["cronjobs", "daemonsets", "deployments", "jobs", "pods", "statefulsets"]),
  );
  expect(resourcesOf(spec.matchConstraints.resourceRules)).not.toContain("pods/binding");
  const byDefault = policyOf({ action: "DefaultTenant", tenant: "lodger" });
  expect(resourcesOf(byDefault.spec.matchConstraints.resourceRules)).toEqual(["pods"]);
  expect(byDefault.metadata.labels).toMatchObject({
    "residency.companyos.io/unclaimed": "DefaultTenant",
    "residency.companyos.io/default-tenant": "lodger",
  });
});

test("the webhook stands behind it with the same scope, and holds nothing up when it is away", () => {
  const unclaimed = { action: "Deny", except: ["ingress"] } as const;
  const entry = entries(unclaimed).find(
    ({ name }: KubeObject) => name === "unclaimed.residency.companyos.io",
  );
  expect(entry).toMatchObject({
    failurePolicy: "Ignore",
    namespaceSelector: policyOf(unclaimed).spec.matchConstraints.namespaceSelector,
    rules: policyOf(unclaimed).spec.matchConstraints.resourceRules,
  });
});

test("which namespaces are reached is the same in both layers, the operator and companyos status", () => {
  const unclaimed: UnclaimedSetting = { action: "Deny", except: ["ingress", "openshift-*", "kube-flannel"] };
  const webhook = entries(unclaimed).find(
    ({ name }: KubeObject) => name === "unclaimed.residency.companyos.io",
  );
  const { spec, metadata } = policyOf(unclaimed);
  expect(metadata.annotations).toEqual({
    "residency.companyos.io/unclaimed-except": "ingress,openshift-*,kube-flannel",
  });
  expect(webhook.matchConditions).toEqual(spec.matchConditions);
  expect(webhook.namespaceSelector).toEqual(spec.matchConstraints.namespaceSelector);
  const selector = spec.matchConstraints.namespaceSelector;
  const { expression } = spec.matchConditions.find(({ name }: KubeObject) => name === "not-excepted");
  expect(expression).toBe("!(request.namespace.startsWith('openshift-'))");
  for (const [name, reached] of [
    ["web", true],
    ["kube-web", true],
    ["kube-system-2", true],
    ["openshift", true],
    ["ingress-2", true],
    ["kube-system", false],
    ["kube-public", false],
    ["kube-node-lease", false],
    ["kube-flannel", false],
    ["openshift-dns", false],
    ["ingress", false],
    ["companyos-system", false],
  ] as const) {
    const selected = matchLabelSelector(selector, { "kubernetes.io/metadata.name": name });
    expect([name, selected === true && !name.startsWith("openshift-")]).toEqual([name, reached]);
    expect([name, isReached(name, unclaimed, "companyos-system")]).toEqual([name, reached]);
  }
});

test("whom one layer lets pass, the other does: the operator, and members of the break-glass group", () => {
  const unclaimed = { action: "Deny" } as const;
  const conditions = entries(unclaimed).find(
    ({ name }: KubeObject) => name === "unclaimed.residency.companyos.io",
  ).matchConditions;
  expect(conditions).toContainEqual({
    name: "not-operator",
    expression: expect.stringContaining('"companyos:break-glass" in request.userInfo'),
  });
  expect(conditions).toEqual(policyOf(unclaimed).spec.matchConditions);
});

test("the chart takes what the operator takes: names, and how names begin", async () => {
  const schema = JSON.parse(
    await readFile(new URL("../../charts/companyos/values.schema.json", import.meta.url), "utf8"),
  );
  const { residency } = schema.properties.companyos.properties;
  expect(residency.properties.unclaimed.properties.except.items.pattern).toBe(exceptPattern.source);
  for (const lawful of ["ingress", "openshift-*", "a*", `${"a".repeat(62)}*`])
    expect(lawful).toMatch(exceptPattern);
  for (const other of ["*", "*-dns", "open*shift", "-a*", "a**", "Ingress", "a'*", ""])
    expect(other).not.toMatch(exceptPattern);
});
