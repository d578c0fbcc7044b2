/** What is installed for namespaces that no Tenant has. */
import type { UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
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
      values: ["companyos-system", "ingress", "kube-system"],
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
