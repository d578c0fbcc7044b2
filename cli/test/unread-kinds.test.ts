/** Kinds in a tenant's folder that are no workloads: passed over, or undecided with what to say. */
import { expect, test } from "@jest/globals";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file } = temporaryFolder("companyos-unread-");

const object = (apiVersion: string, kind: string) => ({
  ...{ apiVersion, kind, metadata: { name: kind.toLowerCase(), namespace: "acme" } },
  spec: {},
});
async function check(objects: object[], ...words: string[]) {
  const path = await file("all.json", JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  const asked = ["-f", path, "--with", "examples/quickstart", "--output", "json", ...words];
  const { code, stdout, stderr } = await companyos("check", ...asked);
  return { code, stderr, ...JSON.parse(stdout || "{}") };
}

test("what a GitOps folder has beside workloads, and makes a Secret at most, is passed over", async () => {
  const silent = [
    object("external-secrets.io/v1", "ExternalSecret"),
    object("external-secrets.io/v1", "SecretStore"),
    object("external-secrets.io/v1", "ClusterSecretStore"),
    object("bitnami.com/v1alpha1", "SealedSecret"),
    object("cert-manager.io/v1", "ClusterIssuer"),
    object("kyverno.io/v1", "Policy"),
    object("kyverno.io/v1", "ClusterPolicy"),
    object("source.toolkit.fluxcd.io/v1", "GitRepository"),
    object("source.toolkit.fluxcd.io/v1", "HelmRepository"),
    object("notification.toolkit.fluxcd.io/v1beta3", "Alert"),
  ];
  expect(await check(silent)).toMatchObject({ code: 0, undecided: [], passedOver: silent.length });
});

const template = { spec: { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } } };
test.each([
  [
    "cert-manager.io/v1",
    "Issuer",
    { acme: { solvers: [{ http01: { ingress: { podTemplate: template } } }] } },
  ],
  ["external-secrets.io/v1", "ExternalSecret", { target: { manifest: { kind: "Deployment" } } }],
  ["gateway.networking.k8s.io/v1", "Gateway", { infrastructure: { parametersRef: { name: "x" } } }],
  ["kyverno.io/v1", "Policy", { rules: [{ generate: { kind: "Deployment" } }] }],
  ["kyverno.io/v1", "Policy", { rules: [{ mutate: { patchStrategicMerge: {} } }] }],
])("%s %s that makes pods is undecided", async (apiVersion, kind, spec) => {
  const { code, undecided } = await check([{ ...object(apiVersion, kind), spec }]);
  expect({ code, undecided }).toMatchObject({ code: 3, undecided: [{ kind, reason: "KIND_UNREAD" }] });
});

test.each([
  ["helm.toolkit.fluxcd.io/v2", "HelmRelease", "HelmRelease.helm.toolkit.fluxcd.io", "helm template"],
  [
    "kustomize.toolkit.fluxcd.io/v1",
    "Kustomization",
    "Kustomization.kustomize.toolkit.fluxcd.io",
    "kubectl kustomize",
  ],
  ["argoproj.io/v1alpha1", "Application", "Application.argoproj.io", "argocd app manifests"],
  ["argoproj.io/v1alpha1", "ApplicationSet", "ApplicationSet.argoproj.io", "argocd app manifests"],
  ["v1", "PersistentVolumeClaim", "PersistentVolumeClaim", "its StorageClass says"],
  ["example.com/v1", "Widget", "Widget.example.com", "of a kind whose placements nobody reads"],
])("%s %s is undecided, with what to say for it", async (apiVersion, kind, name, text) => {
  const { code, undecided } = await check([object(apiVersion, kind)]);
  expect({ code, undecided }).toMatchObject({ code: 3, undecided: [{ kind, reason: "KIND_UNREAD" }] });
  expect(undecided[0].message).toContain(text);
  expect(undecided[0].message).toContain(`--ignore-kind ${name};`);
  expect(await check([object(apiVersion, kind)], "--ignore-kind", name)).toMatchObject({
    code: 0,
    warnings: [],
  });
});

test("a built-in kind in a group or version where no API server has it is told where it is", async () => {
  const { code, faults } = await check([
    object("extensions/v1beta1", "Deployment"),
    object("v1", "Deployment"),
    object("batch/v1beta1", "CronJob"),
    object("apps/v1", "Pod"),
    object("extensions/v1beta1", "Ingress"),
  ]);
  expect(code).toBe(2);
  expect(
    faults.map((one: { code: string; message: string }) =>
      one.message.replace(/^.*?: apiVersion/, "apiVersion"),
    ),
  ).toEqual([
    "apiVersion: no API server has Deployment in extensions/v1beta1; it is in apps/v1",
    "apiVersion: no API server has Deployment in v1; it is in apps/v1",
    "apiVersion: no API server has CronJob in batch/v1beta1; it is in batch/v1",
    "apiVersion: no API server has Pod in apps/v1; it is in v1",
    "apiVersion: no API server has extensions/v1beta1 any more, of no kind; kubectl api-resources shows where Ingress is",
  ]);
  expect(new Set(faults.map((one: { code: string }) => one.code))).toEqual(new Set(["OBJECT_UNACCEPTABLE"]));
});

test("--ignore-kind names what nobody else did, and a version is no group", async () => {
  const { warnings } = await check(
    [object("example.com/v1", "Widget")],
    ...["--ignore-kind", "Widget.example.com", "--ignore-kind", "Widget.example.org"],
  );
  expect(warnings).toEqual(["--ignore-kind Widget.example.org: no object is of such a kind"]);
  const { code, stderr } = await check([object("example.com/v1", "Widget")], "--ignore-kind", "Widget.v1");
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringContaining("v1 is a version, and no group"),
  });
});

test("a kind that no API server can have matches no pattern, however long it is", async () => {
  const kind = "Set.".repeat(100_000);
  const { code } = await check([object("example.com/v1", kind)], "--ignore-kind", "*Set.*.example.com");
  expect(code).toBe(3);
});
