/** What `companyos check` makes of files that say less, or other things, than they seem to. */
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { customKinds } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import { companyos, run } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file, inFolder } = temporaryFolder("companyos-check-");

interface Result {
  readonly objects: {
    kind: string;
    verdict: string;
    reason: string;
    field: string;
    namespace: string;
    name: string;
  }[];
  readonly undecided: { kind: string; reason: string; message: string; document: number }[];
  readonly faults: { code: string; file: string; document?: number; line?: number; message: string }[];
  readonly passedOver: number;
  readonly skipped: { file: string; what: string }[];
  readonly warnings: string[];
}

async function check(...words: string[]): Promise<Result & { code: number }> {
  const { code, stdout } = await companyos(
    "check",
    ...words,
    "--with",
    "examples/quickstart",
    "--output",
    "json",
  );
  return { code, ...(JSON.parse(stdout) as Result) };
}

const inUs = { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" }, containers: [] };
const inEu = { nodeSelector: { "topology.kubernetes.io/region": "eu-west-1" }, containers: [] };
const deployment = (namespace: unknown, spec: object = inUs) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "web", ...(namespace === undefined ? {} : { namespace }) },
  spec: { template: { spec } },
});
const custom = (apiVersion: string, kind: string, spec: unknown) => ({
  apiVersion,
  kind,
  metadata: { name: kind.toLowerCase(), namespace: "acme" },
  spec,
});
const list = (...items: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });

describe("a manifest without a namespace", () => {
  test.each([undefined, "", null])("is undecided, named and counted apart: %p", async (namespace) => {
    const path = await file("none.json", JSON.stringify(deployment(namespace)));
    const { code, objects, undecided } = await check("-f", path);
    expect({ code, objects }).toEqual({ code: 3, objects: [] });
    expect(undecided).toEqual([
      expect.objectContaining({ kind: "Deployment", reason: "NAMESPACE_UNKNOWN", document: 1 }),
    ]);
    expect((await check("-f", path, "--undecided=warn")).code).toBe(0);
  });

  test("is decided in the namespace that -n names, as kubectl sends it", async () => {
    const path = await file("none.json", JSON.stringify(deployment("")));
    expect(await check("-f", path, "-n", "acme")).toMatchObject({
      code: 1,
      objects: [{ verdict: "block", namespace: "acme" }],
      undecided: [],
    });
    // As kubectl reads it.
    expect(await check("-f", path, "-n=acme")).toEqual(await check("-f", path, "-n", "acme"));
    expect(await check("-f", path, "-n", "nobodys")).toMatchObject({ code: 0, objects: [], passedOver: 1 });
  });

  test("in one that no Tenant has, is refused where the installation refuses it, and where it reaches", async () => {
    const path = await file("none.json", list(deployment("")));
    const say = (namespace: string, ...more: string[]) =>
      check("-f", path, "-n", namespace, "--unclaimed=Deny", ...more);
    const excepted = ["--unclaimed-except", "ingress, openshift-*"];
    for (const namespace of ["nobodys", "kube-mine", "openshift"])
      expect(await say(namespace, ...excepted)).toMatchObject({
        code: 1,
        objects: [{ verdict: "block", reason: "TENANT_REQUIRED", namespace }],
        passedOver: 0,
      });
    for (const namespace of ["kube-system", "companyos-system", "ingress", "openshift-dns"])
      expect(await say(namespace, ...excepted)).toMatchObject({ code: 0, objects: [], passedOver: 1 });
    expect((await say("acme", ...excepted)).objects).toMatchObject([{ reason: "CROSS_REGION" }]);
    const wrong = await companyos("check", "-f", path, "--unclaimed-except", "open*shift");
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('"open*shift" is no namespace')]);
  });

  test("beside -n, one that names another namespace is refused, as kubectl refuses it", async () => {
    const path = await file("two.json", list(deployment("globex"), deployment("acme", inEu)));
    const { code, faults, objects } = await check("-f", path, "-n", "acme");
    expect({ code, objects }).toMatchObject({ code: 2, objects: [{ verdict: "allow", namespace: "acme" }] });
    expect(faults).toMatchObject([{ code: "NAMESPACE_MISMATCH", document: 1 }]);
  });
});

describe("a kind that nobody reads", () => {
  const widget = custom("example.com/v1", "Widget", {
    workers: [{ template: { spec: { containers: [] } } }],
  });

  test("is undecided in a tenant's namespace, and says where it seems to have a pod spec", async () => {
    const path = await file("widget.json", JSON.stringify(widget));
    const { code, undecided } = await check("-f", path);
    expect({ code, undecided }).toMatchObject({
      code: 3,
      undecided: [{ kind: "Widget", reason: "KIND_UNREAD" }],
    });
    expect(undecided[0]?.message).toContain("spec.workers[0].template.spec");
    const text = await companyos("check", "-f", path, "--with", "examples/quickstart");
    expect(text.stdout).toMatch(/UNDECIDED +KIND_UNREAD +Widget acme\/widget/);
    expect(text.stdout).toMatch(/0 objects decided, 0 blocked, 1 undecided/);
  });

  test("is passed over where it is no tenant's, cluster-scoped by its CRD, or said to place nothing", async () => {
    const elsewhere = { ...widget, metadata: { name: "w", namespace: "nobodys" } };
    const names = { kind: "Gadget", plural: "gadgets" };
    const crd = {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gadgets.example.com" },
      spec: { group: "example.com", scope: "Cluster", names },
    };
    const gadget = { apiVersion: "example.com/v1", kind: "Gadget", metadata: { name: "g" } };
    const crds = await file("crds/gadgets.json", JSON.stringify(crd));
    const path = await file("over.json", list(elsewhere, crd, gadget));
    expect(await check("-f", path, "--with", crds)).toMatchObject({ code: 0, undecided: [], passedOver: 3 });
    const own = await file("widget.json", JSON.stringify(widget));
    expect(await check("-f", own, "--ignore-kind", "Widget.example.com")).toMatchObject({
      code: 0,
      passedOver: 1,
    });
  });

  test("a CRD says nothing of kinds that are read, and nothing else says anything of scopes", async () => {
    const crd = (group: string, kind: string, apiVersion = "apiextensions.k8s.io/v1") => ({
      apiVersion,
      kind: "CustomResourceDefinition",
      metadata: { name: `${kind.toLowerCase()}s.${group}` },
      spec: { group, scope: "Cluster", names: { kind, plural: `${kind.toLowerCase()}s` } },
    });
    const path = await file("taken-out.json", list(crd("apps", "Deployment"), deployment("acme")));
    expect((await check("-f", path)).code).toBe(1);
    const other = await file("other.json", list(crd("example.com", "Widget", "example.com/v1"), widget));
    expect((await check("-f", other)).code).toBe(3);
  });

  test("kinds that are read cannot be ignored", async () => {
    const path = await file("widget.json", JSON.stringify(widget));
    for (const kind of ["Deployment.apps", "Pod", "Rollout.argoproj.io"]) {
      const { code, stderr } = await companyos("check", "-f", path, "--ignore-kind", kind);
      expect({ kind, code, stderr }).toEqual({ kind, code: 2, stderr: expect.stringContaining(kind) });
    }
  });

  test("what is blocked, or unread, says more than what is undecided", async () => {
    const path = await file("both.json", list(widget, deployment("acme")));
    expect((await check("-f", path)).code).toBe(1);
    await file("three/a.json", list(widget, deployment("acme")));
    await file("three/b.yaml", "kind: [\n");
    expect((await check("-f", inFolder("three"), "--undecided=warn")).code).toBe(2);
  });
});

describe("a pod template inside a custom resource", () => {
  const here = { template: { spec: inUs } };
  test.each([
    ["argoproj.io/v1alpha1", "Rollout", here, "spec.template.spec."],
    ["apps.kruise.io/v1alpha1", "CloneSet", here, "spec.template.spec."],
    ["apps.kruise.io/v1beta1", "StatefulSet", here, "spec.template.spec."],
    [
      "jobset.x-k8s.io/v1alpha2",
      "JobSet",
      {
        replicatedJobs: [{ template: { spec: { template: { spec: inEu } } } }, { template: { spec: here } }],
      },
      "spec.replicatedJobs[1].template.spec.template.spec.",
    ],
    [
      "ray.io/v1",
      "RayCluster",
      { headGroupSpec: { template: { spec: inEu } }, workerGroupSpecs: [{ template: { spec: inEu } }, here] },
      "spec.workerGroupSpecs[1].template.spec.",
    ],
    ["serving.knative.dev/v1", "Service", here, "spec.template.spec."],
    [
      "kubeflow.org/v1",
      "PyTorchJob",
      { pytorchReplicaSpecs: { Master: { template: { spec: inEu } }, Worker: here } },
      'spec.pytorchReplicaSpecs["Worker"].template.spec.',
    ],
    ["tekton.dev/v1", "TaskRun", { podTemplate: inUs }, "spec.podTemplate."],
    [
      "argoproj.io/v1alpha1",
      "Workflow",
      { templates: [{ nodeSelector: inUs.nodeSelector }] },
      "spec.templates[0].",
    ],
  ])("%s %s is decided, where it leads abroad", async (apiVersion, kind, spec, field) => {
    const path = await file("custom.json", JSON.stringify(custom(apiVersion, kind, spec)));
    const { code, objects } = await check("-f", path);
    expect({ code, objects }).toMatchObject({
      code: 1,
      objects: [{ kind, verdict: "block", reason: "CROSS_REGION" }],
    });
    expect(objects[0]?.field).toContain(field);
  });

  test("that names no region is left to its pods, of every kind in the table", async () => {
    const items = customKinds.map(({ group, versions, kind }) => custom(`${group}/${versions[0]}`, kind, {}));
    const { code, objects, undecided } = await check("-f", await file("all.json", list(...items)));
    expect({ code, undecided }).toEqual({ code: 0, undecided: [] });
    expect(objects.map(({ reason }) => reason)).toEqual(customKinds.map(() => "PLACEMENT_DEFERRED"));
  });
});

test("what no API server would take is unread, not passed over or allowed", async () => {
  const wrong = [
    deployment("Acme"),
    { ...deployment("acme"), apiVersion: "apps/v9" },
    { ...deployment("acme"), metadata: { name: "", namespace: "acme" } },
    { ...deployment("acme"), metadata: { namespace: "acme" } },
    { ...custom("example.com/v1", "Widget", {}), metadata: { name: "w", namespace: "a b" } },
  ];
  const { code, faults, objects } = await check("-f", await file("wrong.json", list(...wrong)));
  expect({ code, objects }).toEqual({ code: 2, objects: [] });
  expect(
    faults.map(({ code, message }) => [code, message.replace(/^.*?\b(metadata|apiVersion)/, "$1")]),
  ).toEqual([
    ["OBJECT_UNACCEPTABLE", 'metadata.namespace: "Acme" is no name of a namespace'],
    ["OBJECT_UNACCEPTABLE", "apiVersion: no API server has Deployment in apps/v9; it is in apps/v1"],
    ["OBJECT_UNACCEPTABLE", "metadata.name: it has none, and no generateName"],
    ["OBJECT_UNACCEPTABLE", "metadata.name: it has none, and no generateName"],
    ["OBJECT_UNACCEPTABLE", 'metadata.namespace: "a b" is no name of a namespace'],
  ]);
  const generated = { ...deployment("acme", inEu), metadata: { generateName: "web-", namespace: "acme" } };
  expect((await check("-f", await file("generated.json", JSON.stringify(generated)))).code).toBe(0);
});

test("a namespace or name without quotes that is no text is none that kubectl would send, with -n neither", async () => {
  const yaml = (metadata: string, head = "apiVersion: v1\nkind: Pod") =>
    `${head}\nmetadata: ${metadata}\nspec: { containers: [] }\n`;
  const wrong = [
    yaml("{ name: web, namespace: no }"),
    yaml("{ name: web, namespace: on }"),
    yaml("{ name: web, namespace: 123 }"),
    yaml("{ name: web, namespace: [acme] }"),
    yaml("{ name: 7, namespace: acme }"),
    yaml("{ name: w, namespace: off }", "apiVersion: example.com/v1\nkind: Widget"),
  ];
  const path = await file("bare.yaml", wrong.join("---\n"));
  for (const words of [[], ["-n", "acme"]]) {
    const { code, faults, objects, undecided } = await check("-f", path, ...words);
    expect({ code, objects, undecided }).toEqual({ code: 2, objects: [], undecided: [] });
    expect(
      faults.map(({ code, message }) => `${code} ${message.replace(/^.*?\bmetadata/, "metadata")}`),
    ).toEqual([
      "OBJECT_UNACCEPTABLE metadata.namespace: it is false, a boolean and no text: YAML reads no, off and false as that; write it in quotes",
      "OBJECT_UNACCEPTABLE metadata.namespace: it is true, a boolean and no text: YAML reads yes, on and true as that; write it in quotes",
      "OBJECT_UNACCEPTABLE metadata.namespace: it is 123, a number and no text; write it in quotes",
      "OBJECT_UNACCEPTABLE metadata.namespace: it is a list, and no text",
      "OBJECT_UNACCEPTABLE metadata.name: it is 7, a number and no text; write it in quotes",
      "OBJECT_UNACCEPTABLE metadata.namespace: it is false, a boolean and no text: YAML reads no, off and false as that; write it in quotes",
    ]);
  }
});

test("--ignore-kind takes patterns, never takes what is read, and says when no object is of it", async () => {
  const path = await file("w.json", list(custom("a.example.com/v1", "Widget", {}), deployment("acme")));
  const said = async (...kinds: string[]) => {
    const { code, warnings } = await check("-f", path, ...kinds.flatMap((kind) => ["--ignore-kind", kind]));
    return { code, warnings };
  };
  expect(await said("*.example.com")).toEqual({ code: 1, warnings: [] });
  expect(await said("Widget.*", "*")).toEqual({ code: 1, warnings: [] });
  expect(await said("*.example.com", "Wigdet.a.example.com")).toEqual({
    code: 1,
    warnings: [
      expect.stringMatching(/Wigdet\.a\.example\.com: no object .*did you mean Widget\.a\.example\.com/),
    ],
  });
  expect((await companyos("check", "-f", path, "--ignore-kind", "a kind")).code).toBe(2);
});

test("a workload whose spec is no object is unread, not a pod that comes later", async () => {
  const specs = [
    deployment("acme", "none" as never),
    { ...deployment("acme"), spec: 7 },
    custom("argoproj.io/v1alpha1", "Rollout", "none"),
    custom("ray.io/v1", "RayCluster", { headGroupSpec: { template: { spec: [] } } }),
  ];
  const { code, faults } = await check("-f", await file("specs.json", list(...specs)));
  expect(code).toBe(2);
  expect(faults.map(({ code, message }) => [code, message.replace(/^.*: /, "")])).toEqual([
    ["SPEC_UNREADABLE", "spec.template.spec is no object"],
    ["SPEC_UNREADABLE", "spec.template.spec is no object"],
    ["SPEC_UNREADABLE", "spec is no object"],
    ["SPEC_UNREADABLE", "spec.headGroupSpec.template.spec is no object"],
  ]);
});

test("what a pod spec says of nodes and no API server takes is told with its field, not as a place without a Region", async () => {
  const required = (nodeSelectorTerms: unknown) => ({
    affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
  });
  const region = "topology.kubernetes.io/region";
  const specs = [
    { nodeSelector: [region] },
    { nodeSelector: { [region]: true } },
    required([{ matchExpressions: [{ key: region, operator: "Inn", values: ["eu-west-1"] }] }]),
    required([{ matchExpressions: [{ key: region, operator: "In", values: "eu-west-1" }] }]),
    required({}),
  ].map((spec, i) => ({
    ...{ apiVersion: "v1", kind: "Pod", metadata: { name: `p${i}`, namespace: "acme" } },
    spec: { containers: [], ...spec },
  }));
  const { code, faults, objects } = await check("-f", await file("malformed.json", list(...specs)));
  expect({ code, objects }).toEqual({ code: 2, objects: [] });
  expect(faults.map(({ code, message }) => [code, message.replace(/^[^:]*: /, "")])).toEqual([
    ["SPEC_UNREADABLE", "spec.nodeSelector must be an object"],
    ["SPEC_UNREADABLE", `spec.nodeSelector["${region}"] must be a string`],
    [
      "SPEC_UNREADABLE",
      expect.stringContaining('matchExpressions[0] has operator "Inn", which is not one of In,'),
    ],
    ["SPEC_UNREADABLE", expect.stringContaining("matchExpressions[0].values must be a list")],
    ["SPEC_UNREADABLE", expect.stringContaining("nodeSelectorTerms must be a list")],
  ]);
});

test("files and folders whose names begin with a dot are read, as kubectl -R reads them", async () => {
  await file("dots/.hidden.yaml", JSON.stringify(deployment("acme")));
  await file("dots/.more/.deep.yml", JSON.stringify(deployment("acme")));
  await file("dots/notes.txt", "kind: [");
  const { code, objects } = await check("-f", inFolder("dots"));
  expect({ code, found: objects.length }).toEqual({ code: 1, found: 2 });
});

test("a merge key that moves a selector abroad is decided as kubectl sends it", async () => {
  const path = await file(
    "merge.yaml",
    `apiVersion: v1
kind: Pod
metadata: {name: p, namespace: acme, annotations: &us {topology.kubernetes.io/region: us-east-1}}
spec:
  containers: []
  nodeSelector:
    topology.kubernetes.io/region: eu-west-1
    <<: *us
`,
  );
  expect(await check("-f", path)).toMatchObject({
    code: 1,
    objects: [{ verdict: "block", reason: "CROSS_REGION" }],
  });
});

test("an alias bomb in a list ends as unread, and what stands beside it is decided", async () => {
  const grown = [..."bcdefghij"].map(
    (name, i) => `  ${name}: &${name} [${Array(9).fill(`*${"abcdefghij"[i]}`).join(", ")}]\n`,
  );
  const bomb = `apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: ConfigMap\n  a: &a [lol]\n${grown.join("")}`;
  const path = await file("bomb.yaml", `${bomb}---\n${JSON.stringify(deployment("acme"))}\n`);
  expect(await check("-f", path)).toMatchObject({
    code: 2,
    objects: [{ verdict: "block" }],
    faults: [{ code: "DOCUMENT_TOO_LARGE", document: 1, line: 1 }],
  });
});

test("a hundred documents that aliases make large cost their own file its end, and no other file anything", async () => {
  const grown = `apiVersion: v1\nkind: ConfigMap\na: &a ${"x".repeat(1e4)}\nb: [${Array(9_000).fill("*a").join(",")}]\n`;
  const own = JSON.stringify(deployment("acme"));
  await file("many/a.yaml", [own, ...Array(100).fill(grown), own].join("\n---\n"));
  await file("many/b.json", own);
  const { code, objects, faults } = await check("-f", inFolder("many"));
  expect({ code, verdicts: objects.map(({ verdict }) => verdict) }).toEqual({
    code: 2,
    verdicts: ["block", "block"],
  });
  expect(faults.map(({ code, document }) => [code, document])).toEqual([
    ["DOCUMENT_TOO_LARGE", 2],
    ["DOCUMENT_TOO_LARGE", 3],
    ["DOCUMENT_TOO_LARGE", 4],
    ["FILE_GIVEN_UP", 5],
  ]);
  const text = await companyos("check", "-f", inFolder("many"), "--with", "examples/quickstart");
  expect(text.stderr).toMatch(/a\.yaml: document 5 \(line 21\): 3 documents before .*FILE_GIVEN_UP/);
});

describe("a kustomization", () => {
  const titled = {
    apiVersion: "kustomize.config.k8s.io/v1beta1",
    kind: "Kustomization",
    namespace: "acme",
    resources: ["web.yaml"],
  };
  test.each([
    ["with its kind", JSON.stringify(titled)],
    [
      "with a resource that is not beside it",
      JSON.stringify({ ...titled, namespace: undefined, resources: ["../web.yaml"] }),
    ],
    ["without", "namespace: acme\nresources: [web.yaml]\n"],
  ])("%s is undecided, and says what to decide instead", async (name, content) => {
    const folder = `built-${name.length}`;
    await file(`${folder}/kustomization.yaml`, content);
    await file(`${folder}/web.yaml`, JSON.stringify(deployment(undefined)));
    const { code, faults, undecided } = await check("-f", inFolder(folder));
    expect({ code, faults }).toEqual({ code: 3, faults: [] });
    expect(undecided.map(({ kind, reason }) => [kind, reason])).toEqual([
      ["Kustomization", "KUSTOMIZATION_UNBUILT"],
      ["Deployment", "NAMESPACE_UNKNOWN"],
    ]);
    expect(undecided[0]?.message).toContain(
      `kubectl kustomize ${inFolder(folder)} | companyos check -f - --with examples/quickstart`,
    );
    expect((await check("-f", inFolder(folder), "--undecided=warn")).code).toBe(0);
    // It names no namespace that could be another one.
    expect(await check("-f", inFolder(folder), "-n", "acme")).toMatchObject({ code: 1, faults: [] });
  });
});

test("a kustomization that only lists what is beside it is skipped by its name", async () => {
  const listing = (resources: unknown, more: object = {}) =>
    JSON.stringify({
      apiVersion: "kustomize.config.k8s.io/v1beta1",
      kind: "Kustomization",
      resources,
      ...more,
    });
  await file(
    "listed/kustomization.yaml",
    listing(["web.yaml", "./more/"], { images: [{ name: "a", newTag: "1" }] }),
  );
  await file("listed/more/kustomization.yaml", listing(["web.yaml"]));
  for (const path of ["listed/web.yaml", "listed/more/web.yaml"])
    await file(path, JSON.stringify(deployment("acme", inEu)));
  const { code, undecided, skipped } = await check("-f", inFolder("listed"));
  expect({ code, undecided, files: skipped.map((one) => one.file) }).toEqual({
    ...{ code: 0, undecided: [] },
    files: [inFolder("listed/kustomization.yaml"), inFolder("listed/more/kustomization.yaml")],
  });
  for (const more of [{ patches: [] }, { components: [] }, { namePrefix: "a" }]) {
    await file("listed/more/kustomization.yaml", listing(["web.yaml"], more));
    expect((await check("-f", inFolder("listed"))).code).toBe(3);
  }
  await file("listed/more/kustomization.yaml", listing(["web.yaml", "https://example.com/base?ref=main"]));
  expect((await check("-f", inFolder("listed"))).code).toBe(3);
});

test.each([".base/kustomization.yaml", ".base/kustomization.yml", "base/Kustomization", "base/none.yaml"])(
  "a folder that is listed is what its own %s makes of it, or nobody knows what",
  async (own) => {
    const root = `hidden-${own.replaceAll("/", "-")}`;
    const [base] = own.split("/");
    await file(`${root}/kustomization.yaml`, `resources: [${base}]\n`);
    await file(`${root}/${own}`, "resources: [web.yaml]\nnamePrefix: eu-\n");
    await file(`${root}/${base}/web.yaml`, JSON.stringify(deployment("acme", inEu)));
    expect((await check("-f", inFolder(root))).code).not.toBe(0);
    // What lies below is no less the work of that file where nothing above lists it.
    if (own.startsWith(".")) {
      await file(`${root}/kustomization.yaml`, "resources: []\n");
      expect((await check("-f", inFolder(root))).code).toBe(3);
    }
  },
);

test("one without apiVersion and kind that only lists is skipped, too, and one that does more is not", async () => {
  await file("bare/web.yaml", JSON.stringify(deployment("acme", inEu)));
  const path = await file("bare/kustomization.yml", "resources:\n- web.yaml\n");
  expect(await check("-f", inFolder("bare"))).toMatchObject({ code: 0, skipped: [{ file: path }] });
  for (const more of ["namePrefix: a\n", "resources: [web.yaml]\n", "kind: Component\n", "? [a]\n: b\n"]) {
    await file("bare/kustomization.yml", `resources:\n- web.yaml\n${more}`);
    expect((await check("-f", inFolder("bare"))).code).not.toBe(0);
  }
});

test("what is called as no manifest, and has no object, is skipped by name in a folder and refused where it is named", async () => {
  const values = await file("app/values-prod.yaml", "replicas: 3\n");
  await file("app/Chart.yaml", "apiVersion: v2\nname: app\nversion: 1.0.0\n");
  await file("app/.gitlab-ci.yml", "stages: [check]\n");
  await file("app/web.json", JSON.stringify(deployment("acme", inEu)));
  const { code, faults, skipped } = await check("-f", inFolder("app"));
  expect({ code, faults, skipped }).toEqual({
    ...{ code: 0, faults: [] },
    skipped: [
      { file: inFolder("app/.gitlab-ci.yml"), what: expect.any(String) },
      { file: inFolder("app/Chart.yaml"), what: expect.stringContaining("Helm chart") },
      { file: values, what: "Helm values" },
    ],
  });
  expect((await companyos("check", "-f", inFolder("app"), "--with", "examples/quickstart")).stderr).toMatch(
    /skipped: .*values-prod\.yaml \(Helm values\)/,
  );
  // However the folder is named.
  const dotted = await check("-f", `${inFolder("app")}/.`);
  expect({ ...dotted, files: dotted.skipped.length }).toMatchObject({ code: 0, faults: [], files: 3 });
  expect(await check("-f", values)).toMatchObject({ code: 2, faults: [{ code: "DOCUMENT_NO_OBJECT" }] });
  // The name takes nothing out that is a manifest, and a folder with nothing else has nothing to read.
  await file("app/values.yaml", JSON.stringify(deployment("acme")));
  expect((await check("-f", inFolder("app"))).code).toBe(1);
  await file("only/values.yaml", "a: 1\n");
  expect(await check("-f", inFolder("only"))).toMatchObject({ code: 2, faults: [{ code: "NOTHING_READ" }] });
});

test("beside a kustomization what is decided by is not known for sure either", async () => {
  await file("around/kustomization.yaml", "namePrefix: eu-\nresources: [tenants.yaml]\n");
  const path = await file("web.json", JSON.stringify(deployment("acme", inEu)));
  const { code, objects, undecided, faults } = await check("-f", path, "--with", inFolder("around"));
  expect({ code, faults, verdicts: objects.map(({ verdict }) => verdict) }).toEqual({
    ...{ code: 3, faults: [], verdicts: ["allow"] },
  });
  expect(undecided[0]?.message).toContain(
    `kubectl kustomize ${inFolder("around")} | companyos check --with -`,
  );
});

describe("namespaces that no Tenant has", () => {
  const stray = async () =>
    file("stray.json", list(deployment("stray", inEu), pod("stray"), widget("stray")));
  const pod = (namespace: string, spec: object = inUs) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "p", namespace },
    spec,
  });
  const widget = (namespace: string) => ({
    ...custom("example.com/v1", "Widget", {}),
    metadata: { namespace },
  });
  const told = ({ objects, undecided, passedOver }: Result) => ({
    objects: objects.map(({ kind, verdict, reason }) => `${kind} ${verdict} ${reason}`),
    undecided: undecided.map(({ kind }) => kind),
    passedOver,
  });

  test("are passed over where the installation ignores them, which is the default", async () => {
    expect(told(await check("-f", await stray()))).toEqual({ objects: [], undecided: [], passedOver: 3 });
  });

  test("take nothing that makes pods under Deny, but for those that it never reaches", async () => {
    const denied = await check("-f", await stray(), "--unclaimed=Deny");
    expect(denied.code).toBe(1);
    expect(told(denied)).toEqual({
      objects: ["Deployment block TENANT_REQUIRED", "Pod block TENANT_REQUIRED"],
      undecided: [],
      passedOver: 1,
    });
    for (const namespace of ["kube-system", "companyos-system", "ingress"]) {
      const path = await file("reached.json", JSON.stringify(deployment(namespace)));
      const flags = ["--unclaimed=Deny", "--unclaimed-except=ingress,certs"];
      expect(told(await check("-f", path, ...flags)).passedOver).toBe(1);
    }
  });

  test("are decided by the plan of the default tenant, which has to be among the files", async () => {
    const byDefault = ["--unclaimed=DefaultTenant", "--default-tenant"];
    expect(told(await check("-f", await stray(), ...byDefault, "acme"))).toEqual({
      objects: ["Deployment allow WITHIN_REGIONS", "Pod block CROSS_REGION"],
      undecided: ["Widget"],
      passedOver: 0,
    });
    const missing = await companyos("check", "-f", await stray(), ...byDefault, "lodger");
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringMatching(/lodger.*--with/) });
    expect((await companyos("check", "-f", await stray(), "--unclaimed=DefaultTenant")).code).toBe(2);
  });

  test("flags that count with another one only are refused without it", async () => {
    for (const flags of [
      ["--default-tenant=acme"],
      ["--default-tenant=acme", "--unclaimed=Deny"],
      ["--unclaimed-except=a"],
    ])
      expect(await companyos("check", "-f", await stray(), ...flags)).toMatchObject({
        ...{ code: 2, stdout: "", stderr: expect.stringMatching(/--unclaimed=D/) },
      });
  });

  test("follow the values that the installation is given, later files over earlier ones, flags over all", async () => {
    const values = (unclaimed: object, more: object = {}) =>
      JSON.stringify({ companyos: { residency: { unclaimed, ...more } } });
    const values0 = (unclaimed: object) => ({ companyos: { residency: { unclaimed } } });
    const first = await file("values.yaml", values({ action: "Deny", except: ["stray"] }));
    const second = await file("prod.yaml", values({ except: [] }));
    const objects = async (...flags: string[]) => (await check("-f", await stray(), ...flags)).objects.length;
    expect(await objects("--values", first)).toBe(0);
    expect(await objects("--values", first, "--values", second)).toBe(2);
    expect(await objects("--values", first, "--values", second, "--unclaimed=Ignore")).toBe(0);
    const off = await file("off.yaml", values({}, { enforce: false }));
    const all = ["--values", first, "--values", second, "--values", off];
    expect(await objects(...all)).toBe(0);
    // As the webhook then: recorded, and let through.
    const path = await file("us.json", JSON.stringify(deployment("acme")));
    expect(await check("-f", path, ...all)).toMatchObject({
      code: 0,
      objects: [{ verdict: "audit", reason: "CROSS_REGION" }],
    });
    const refused = async (name: string, content: object, said: RegExp) => {
      const flags = ["--values", await file(name, JSON.stringify(content))];
      expect(await companyos("check", "-f", path, ...flags)).toMatchObject({
        ...{ code: 2, stderr: expect.stringMatching(said) },
      });
    };
    await refused("one-off.yaml", { residency: { enforce: false } }, /: residency is no value of the chart/);
    await refused("two-off.yaml", { companyos: { enforce: false } }, /companyos\.enforce is no value/);
    await refused("sub.yaml", { companyos: { companyos: {} } }, /companyos\.companyos is no value/);
    await refused(
      "up.yaml",
      { companyos: { residency: { action: "Deny" } } },
      /residency\.action is no value/,
    );
    await refused("below.yaml", values0({ actoin: "Deny" }), /unclaimed\.actoin is no value/);
    await refused("other.yaml", { ...values0({}), webhook: { replicas: 0 } }, /webhook\.replicas is 0/);
    await refused("none.yaml", { webhook: { replicas: 3 } }, /none\.yaml: nothing in it counts/);
    expect(
      (await check("-f", path, "--values", off, "--values", await file("w.yaml", "webhook: {}"))).code,
    ).toBe(0);
    const wrong = await file("wrong.yaml", values({ action: "deny" }));
    expect(await companyos("check", "-f", path, "--values", wrong)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(
        /companyos\.residency\.unclaimed\.action is "deny": expected Ignore, Deny/,
      ),
    });
  });
});

test("a path that is not there keeps no other from being decided", async () => {
  const path = await file("there.json", JSON.stringify(deployment("acme")));
  const missing = inFolder("not-there");
  expect(await check("-f", missing, "-f", path)).toMatchObject({
    code: 2,
    objects: [{ verdict: "block" }],
    faults: [{ code: "FILE_UNREADABLE", file: missing }],
  });
});

describe("nothing to read is no yes", () => {
  const comments = "# Source: chart/templates/off.yaml\n---\n# nothing here\n---\n";

  test.each<[string, () => Promise<string>]>([
    [
      "an empty folder",
      async () => {
        await mkdir(inFolder("empty"), { recursive: true });
        return inFolder("empty");
      },
    ],
    ["a folder without manifests", async () => dirname(await file("chart/templates/deploy.tpl", "kind: x"))],
    ["a folder of comments", async () => dirname(await file("comments/all.yaml", comments))],
    ["a file of comments", () => file("comments.yaml", comments)],
    ["an empty file", () => file("empty.yaml", "")],
  ])("%s is refused by its name, as kubectl refuses it", async (_, path) => {
    const nothing = await path();
    expect(await check("-f", nothing)).toMatchObject({
      code: 2,
      objects: [],
      faults: [{ code: "NOTHING_READ", file: nothing }],
    });
    expect((await companyos("check", "-f", nothing)).stderr).toMatch(
      /no object.*NOTHING_READ; companyos explain NOTHING_READ\]/,
    );
  });

  test("standard input without an object is refused, as after a `helm template` that failed", async () => {
    for (const input of ["", comments]) {
      const args = ["dev/product/bin/companyos.js", "check", "-f", "-", "--with", "examples/quickstart"];
      expect(await run(process.execPath, args, input)).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/standard input has no object/),
      });
    }
  });

  test("a file of comments beside one with objects is none of anybody's business", async () => {
    const path = await file("lawful.json", JSON.stringify(deployment("acme", inEu)));
    const beside = await file("comments.yaml", comments);
    expect(await check("-f", beside, "-f", path)).toMatchObject({ code: 0, faults: [] });
  });

  test("where no Tenant is known, what may be a tenant's is undecided", async () => {
    const path = await file("all.json", list(deployment("acme"), deployment("kube-system"), configMap));
    const regions = "examples/quickstart/regions.yaml";
    for (const context of [[], ["--with", regions]]) {
      const { code, stdout } = await companyos("check", "-f", path, ...context, "--output", "json");
      expect({ code, ...JSON.parse(stdout) }).toMatchObject({
        code: 3,
        objects: [],
        undecided: [{ kind: "Deployment", namespace: "acme", reason: "TENANTS_UNKNOWN" }],
        passedOver: 2,
      });
      const warned = await companyos("check", "-f", path, ...context, "--undecided=warn");
      expect(warned).toMatchObject({ code: 0, stdout: expect.stringMatching(/no Tenant among the files/) });
    }
    await mkdir(inFolder("no-residency"), { recursive: true });
    const { code, stderr } = await companyos("check", "-f", path, "--with", inFolder("no-residency"));
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringMatching(/no-residency/) });
  });
});

const configMap = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "acme" } };
