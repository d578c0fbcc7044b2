/** What is judged has no say in what it is decided by. */
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file, inFolder } = temporaryFolder("companyos-check-law-");
const quickstart = ["--with", "examples/quickstart"];

async function check(...words: string[]) {
  const { code, stdout } = await companyos("check", ...words, "--output", "json");
  return { code, ...JSON.parse(stdout) };
}

const residency = (kind: string, name: string, spec: object, labels = {}) => ({
  apiVersion: "residency.companyos.io/v1",
  kind,
  metadata: { name, labels },
  spec,
});
const tenant = (name: string, spec: object = {}) =>
  residency(
    "Tenant",
    name,
    { homeRegion: "eu-west-1", regions: ["eu-west-1"], ...spec },
    { "data-subjects": "eu" },
  );
const placed = (kind: string, spec: object, namespace = "acme") => ({
  ...{ apiVersion: "v1", kind, metadata: { name: kind.toLowerCase(), namespace }, spec },
});
const inUs = placed("Pod", {
  nodeSelector: { "topology.kubernetes.io/region": "us-east-1" },
  containers: [],
});
const list = (...items: object[]) => JSON.stringify({ apiVersion: "v1", kind: "List", items });
const all = { allowed: { jurisdictions: ["EU", "US"] } };

describe("with --with, a file beside a manifest that leads abroad makes it no better", () => {
  test.each<[string, object]>([
    ["the Tenant in more regions", tenant("acme", { regions: ["eu-west-1", "us-east-1"] })],
    ["the Tenant elsewhere", tenant("acme", { namespace: "elsewhere" })],
    [
      "the policy in Audit",
      residency("ResidencyPolicy", "eu-only", { mode: "Audit", tenantSelector: {}, ...all }),
    ],
    ["the Region in another jurisdiction", residency("Region", "us-east-1", { jurisdiction: "EU" })],
  ])("%s is said by both files' names, and the rule is that of --with", async (name, law) => {
    const path = await file(`twice-${name.length}/a.json`, list(inUs));
    const beside = await file(`twice-${name.length}/b.json`, list(law));
    const { code, objects, faults } = await check("-f", path, "-f", beside, ...quickstart);
    expect({ code, verdicts: objects.map((one: { verdict: string }) => one.verdict) }).toEqual({
      code: 2,
      verdicts: ["block"],
    });
    expect(faults).toMatchObject([
      {
        code: "OBJECT_TWICE",
        file: beside,
        message: expect.stringMatching(/examples\/quickstart\/.*\.yaml/),
      },
    ]);
  });

  const node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "n", labels: { "topology.kubernetes.io/region": "eu-west-1" } },
  };
  const namespace = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: "acme", labels: { "residency.companyos.io/tenant": "globex" } },
  };
  const rival = tenant("rival", { namespace: "acme", regions: ["us-east-1"], homeRegion: "us-east-1" });
  const crd = {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: "widgets.example.com" },
    spec: { group: "example.com", scope: "Cluster", names: { kind: "Widget" } },
  };
  const widget = { ...placed("Widget", {}), apiVersion: "example.com/v1" };

  test.each<[string, object, object, number]>([
    ["Node", node, placed("Pod", { nodeName: "n", containers: [] }), 3],
    ["Namespace", namespace, inUs, 1],
    ["Tenant", rival, inUs, 1],
    ["CustomResourceDefinition", crd, widget, 3],
  ])("a made-up %s has no say, and is named", async (kind, law, judged, expected) => {
    const path = await file(`made-up-${kind}.json`, list(law, judged));
    expect(await check("-f", path, ...quickstart)).toMatchObject({
      code: expected,
      faults: [],
      setAside: [{ kind, file: path, document: 1 }],
    });
    const { stderr } = await companyos("check", "-f", path, ...quickstart);
    expect(stderr).toMatch(new RegExp(`nothing was decided by ${kind} .*--with too`));
  });
});

test("a new Tenant beside the platform's rule decides once its file is named with --with", async () => {
  const path = await file("new/tenant.json", JSON.stringify(tenant("newco")));
  await file("new/pod.json", JSON.stringify({ ...inUs, metadata: { name: "p", namespace: "newco" } }));
  expect(await check("-f", inFolder("new"), ...quickstart)).toMatchObject({
    code: 3,
    undecided: [
      { kind: "Pod", reason: "TENANT_SET_ASIDE", message: expect.stringContaining("Tenant newco of") },
    ],
  });
  const both = await check("-f", inFolder("new"), ...quickstart, "--with", path);
  expect(both).toMatchObject({ code: 1, setAside: [], objects: [{ verdict: "block", tenant: "newco" }] });
});

test("without --with a repository is decided by what it has, and the same object twice is no fault", async () => {
  const pod = await file("own/pod.json", JSON.stringify(inUs));
  const twice = ["-f", "examples/quickstart", "-f", "examples/quickstart/tenants.yaml"];
  expect(await check(...twice, "-f", pod)).toMatchObject({ code: 1, faults: [], setAside: [] });
  expect(await check(...twice, "-f", pod, ...quickstart)).toMatchObject({
    code: 1,
    faults: [],
    setAside: [],
  });
  const other = await file(
    "own/other.json",
    JSON.stringify(tenant("acme", { regions: ["eu-west-1", "us-east-1"] })),
  );
  expect(await check(...twice, "-f", other)).toMatchObject({ code: 2, faults: [{ code: "OBJECT_TWICE" }] });
});

test("names from files are no commands to the pipeline that prints them", async () => {
  const pod = { ...inUs, kind: "::add-mask::x", metadata: { name: "##[add-mask]y", namespace: "acme" } };
  await file("::error file=a::pwned.json", JSON.stringify(pod));
  const { stdout, stderr } = await companyos(
    "check",
    "-f",
    inFolder("::error file=a::pwned.json"),
    ...quickstart,
  );
  expect((stdout + stderr).split("\n").filter((line) => /^\s*::|##\w*\[/.test(line))).toEqual([]);
});

test("a pipe is not waited for, and faults of one file are summed", async () => {
  const path = await file("pipes/b.yaml", "{}\n---\n".repeat(30));
  execFileSync("mkfifo", [inFolder("pipes/x.yaml"), inFolder("named")]);
  const words = ["check", "-f", inFolder("pipes"), "-f", inFolder("named"), ...quickstart];
  const { code, stderr } = await companyos(...words);
  expect(code).toBe(2);
  expect(stderr).toMatch(/pipes\/x\.yaml cannot be read \(it is no regular file\)/);
  expect(stderr).toMatch(/named cannot be read \(it is no regular file\)/);
  expect(stderr).toContain(`${path}: and 20 more`);
  expect(stderr.split("\n").length).toBeLessThan(20);
});

describe("objects of ours are held to their schema, wherever they stand", () => {
  const wrong: readonly (readonly [string, object, string])[] = [
    [
      "a field that the spec has not",
      tenant("new", { regoins: ["eu-west-1"] }),
      "spec.regoins: a Tenant has no",
    ],
    [
      "a field deep in it",
      residency("ResidencyPolicy", "p", { allowed: { regions: ["eu-west-1"], region: "eu-west-1" } }),
      "spec.allowed.region: a ResidencyPolicy has no such field",
    ],
    ["a label's map", { ...tenant("new"), metadata: { name: "new", label: {} } }, "metadata.label: a Tenant"],
    ["a member beside the spec", { ...tenant("new"), specs: {} }, "specs: a Tenant has no such field"],
    ["a kind that is none", residency("Tennant", "new", {}), "has no Tennant; it has Region, Tenant,"],
    ["an EvidenceBundle", residency("EvidenceBundle", "new", { tenant: 7 }), "spec.tenant: "],
  ];
  test.each(wrong)("%s is said with its file and line, in -f and in --with", async (name, object, said) => {
    const path = await file(`wrong-${name.length}.json`, `\n\n${list(object)}`);
    const web = ["-f", "examples/story/web.yaml"];
    for (const words of [
      ["-f", path, ...quickstart],
      [...web, ...quickstart, "--with", path],
    ]) {
      const { code, faults } = await check(...words);
      expect({ code, faults }).toEqual({
        code: 2,
        faults: [
          expect.objectContaining({
            ...{ code: "OBJECT_INVALID", file: path, document: 1, line: 3 },
            message: expect.stringContaining(said),
          }),
        ],
      });
    }
  });
});
