/** What pipelines read of `companyos check`, held to the schemas of those who read it. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { describe, expect, test } from "@jest/globals";
import Ajv from "ajv-6";
import { validateXML } from "xmllint-wasm";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const { file, inFolder } = temporaryFolder("companyos-check-formats-");
const law = ["--with", "examples/quickstart"];

const pod = (name: string, region: string) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: "acme" },
  spec: { nodeSelector: { "topology.kubernetes.io/region": region }, containers: [] },
});
const hostile = `a\u0000\u001b[31m\ud800 ]]>&<x y="z">'\r\n::error file=x::y,%0A ##[z]\uffff`;

/** One of each outcome, with names that no format may take for its own. */
async function everything(): Promise<string[]> {
  const folder = "all & <everything>, 100%: a";
  const kinds = [
    pod(hostile, "us-east-1"),
    pod("lawful", "eu-west-1"),
    { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: hostile, namespace: "acme" } },
  ];
  await file(`${folder}/objects.json`, kinds.map((one) => JSON.stringify(one)).join("\n"));
  await file(`${folder}/broken.yaml`, "kind: [\n");
  return ["-f", inFolder(folder)];
}

async function checked(
  output: string,
  words: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  return companyos("check", ...words, ...law, "--output", output);
}

describe("SARIF", () => {
  const { resolve } = createRequire(import.meta.url);
  const read = async (name: string) => JSON.parse(await readFile(resolve(name), "utf8"));

  async function validated(words: readonly string[]) {
    const { code, stdout, stderr } = await checked("sarif", words);
    const log = JSON.parse(stdout);
    const ajv = new Ajv({ allErrors: true, format: "full", schemaId: "id", meta: false, logger: false });
    ajv.addMetaSchema(await read("ajv-6/lib/refs/json-schema-draft-04.json"));
    const validate = ajv.compile(await read("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"));
    validate(log);
    expect(validate.errors).toBeNull();
    return { code, stderr, run: log.runs[0] };
  }

  test("is valid by its own schema, with one result for each finding and its rule", async () => {
    const { code, run, stderr } = await validated(await everything());
    expect(code).toBe(2);
    const told = run.results.map((one: { ruleId: string; level: string }) => [one.ruleId, one.level]);
    expect(told).toEqual([
      ["DOCUMENT_MALFORMED", "error"],
      ["CROSS_REGION", "error"],
      ["KIND_UNREAD", "error"],
    ]);
    for (const { ruleId, ruleIndex } of run.results) expect(run.tool.driver.rules[ruleIndex].id).toBe(ruleId);
    expect(run.invocations).toMatchObject([{ exitCode: 2 }]);
    // A person reads the log of the pipeline.
    expect(stderr).toMatch(/may only run in eu-west-1/);
    expect(stderr).toMatch(/2 objects decided, 1 blocked, 1 undecided, 1 unread/);
  });

  test("names files as the repository has them, with a line, and a fingerprint that is no line's", async () => {
    const web = ["-f", "examples/story/web-in-us.yaml"];
    const { run } = await validated(web);
    expect(run.results[0].locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: "examples/story/web-in-us.yaml" },
      region: { startLine: 14 },
    });
    const text = await readFile("examples/story/web-in-us.yaml", "utf8");
    const [one, moved] = [await file("w.yaml", text), await file("w.yaml", `\n\n---\n${text}`)];
    expect(one).toBe(moved);
    const fingerprints = async (content: string) => {
      await file("w.yaml", content);
      return (await validated(["-f", one])).run.results.map(
        ({ partialFingerprints }: { partialFingerprints: object }) => partialFingerprints,
      );
    };
    expect(await fingerprints(text)).toEqual(await fingerprints(`# moved\n---\n${text}`));
  });

  test("without a finding it is valid, too, and what is undecided is a warning where it is meant so", async () => {
    expect((await validated(["-f", "examples/story/web.yaml"])).run.results).toEqual([]);
    const widget = await file("widget.json", JSON.stringify({ ...pod("w", "eu-west-1"), kind: "Widget" }));
    const { code, run } = await validated(["-f", widget, "--undecided=warn"]);
    expect([code, run.results[0].level]).toEqual([0, "warning"]);
  });
});

describe("JUnit", () => {
  async function validated(words: readonly string[]) {
    const { code, stdout } = await checked("junit", words);
    const schema = await readFile(new URL("schemas/junit.xsd", import.meta.url), "utf8");
    const { valid, errors } = await validateXML({
      xml: [{ fileName: "report.xml", contents: stdout }],
      schema: [schema],
    });
    expect({ valid, errors }).toEqual({ valid: true, errors: [] });
    return { code, stdout };
  }

  test("is well-formed and valid whatever files and objects are called, with counts that add up", async () => {
    const { code, stdout } = await validated(await everything());
    expect(code).toBe(2);
    expect(stdout).toMatch(/objects\.json" package.* tests="3" failures="2" errors="0" skipped="0"/);
    expect(stdout).toMatch(/broken\.yaml" package.* tests="1" failures="0" errors="1" skipped="0"/);
    expect(stdout).toContain('<failure type="CROSS_REGION"');
    expect(stdout).toContain('<error type="DOCUMENT_MALFORMED"');
  });

  test("what is undecided is skipped where it fails nothing", async () => {
    const widget = await file("widget.json", JSON.stringify({ ...pod("w", "eu-west-1"), kind: "Widget" }));
    const { code, stdout } = await validated(["-f", widget, "--undecided=warn"]);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/skipped="1"[\s\S]*<skipped\/>/)]);
  });
});

test("annotations of GitHub are one line each, and nothing from a file is one", async () => {
  const { code, stdout, stderr } = await checked("github", await everything());
  expect(code).toBe(2);
  const lines = stdout.trimEnd().split("\n");
  expect(lines).toHaveLength(3);
  for (const line of lines) {
    expect(line).toMatch(/^::error file=[^:,]*,(line=\d+,)?title=[^:,]*::[^\r\n]+$/);
    expect(line).not.toMatch(/##\[/);
  }
  expect(lines[0]).toMatch(/100%25%3A a\/broken\.yaml,line=1,title=DOCUMENT_MALFORMED::/);
  expect(stderr).not.toMatch(/^\s*::/m);
});

describe("what a pipeline may rely on", () => {
  const sarif = async (words: readonly string[]) => {
    const { code, stdout } = await checked("sarif", words);
    return { code, run: JSON.parse(stdout).runs[0] };
  };

  test("SARIF and annotations point at the field, in a stream, a list and JSON, too", async () => {
    const web =
      "\n# here\nspec:\n  template:\n    spec:\n      containers: []\n      nodeSelector:\n        topology.kubernetes.io/region: us-east-1\n";
    const head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: acme}";
    const stream = await file("lines/a.yaml", `kind: ConfigMap\napiVersion: v1\n---\n${head}${web}---\n`);
    const items = [pod("lawful", "eu-west-1"), pod("abroad", "us-east-1")];
    const list = await file(
      "lines/b.json",
      JSON.stringify({ apiVersion: "v1", kind: "List", items }, null, 1),
    );
    const lineIn = (text: string, wanted: string) =>
      text.slice(0, text.lastIndexOf(wanted)).split("\n").length;
    const [inStream, inList] = [await readFile(stream, "utf8"), await readFile(list, "utf8")];
    const { run } = await sarif(["-f", inFolder("lines")]);
    const lines = run.results.map(
      (one: { locations: { physicalLocation: { region: object } }[] }) =>
        one.locations[0]?.physicalLocation.region,
    );
    expect(lines).toEqual([
      { startLine: lineIn(inStream, "topology.kubernetes.io/region") },
      { startLine: lineIn(inList, '"topology.kubernetes.io/region"') },
    ]);
    expect((await checked("github", ["-f", stream])).stdout).toMatch(/,line=13,/);
    // A schema's complaint has its field, too.
    const tenant = await file(
      "t.yaml",
      "apiVersion: residency.companyos.io/v1\nkind: Tenant\nmetadata: {name: t}\nspec:\n  homeRegion: 7\n",
    );
    const { stdout } = await checked("json", ["-f", "examples/story/web.yaml", "--with", tenant]);
    expect(JSON.parse(stdout).faults).toMatchObject([{ line: 1, field: "spec.homeRegion", fieldLine: 5 }]);
  });

  test("objects that share a name share no fingerprint and no case", async () => {
    const job = (region: string) => ({
      ...pod("", region),
      metadata: { generateName: "job-", namespace: "acme" },
    });
    const path = await file(
      "g.json",
      JSON.stringify({
        kind: "List",
        apiVersion: "v1",
        items: [job("us-east-1"), job("us-east-1"), job("eu-west-1"), job("eu-west-1")],
      }),
    );
    const { run } = await sarif(["-f", path]);
    const prints = run.results.map((one: { partialFingerprints: object }) =>
      JSON.stringify(one.partialFingerprints),
    );
    expect([prints.length, new Set(prints).size]).toEqual([2, 2]);
    const names = [...(await checked("junit", ["-f", path])).stdout.matchAll(/testcase name="([^"]*)"/g)].map(
      ([, name]) => name,
    );
    expect([names.length, new Set(names).size]).toEqual([4, 4]);
  });

  test("SARIF says that a run with something unread was no success", async () => {
    expect((await sarif(["-f", "examples/story/web-in-us.yaml"])).run.invocations).toEqual([
      { executionSuccessful: true, exitCode: 1 },
    ]);
    expect((await sarif(await everything())).run.invocations).toEqual([
      { executionSuccessful: false, exitCode: 2 },
    ]);
  });

  test("wrong use writes a document, too", async () => {
    const wrong = ["-f", "-", "-f", "-"];
    const { run } = await sarif(wrong);
    expect(run).toMatchObject({
      invocations: [
        { executionSuccessful: false, exitCode: 2, toolExecutionNotifications: [{ level: "error" }] },
      ],
      results: [],
    });
    expect((await checked("junit", wrong)).stdout).toMatch(
      /errors="1"[\s\S]*<error type="WRONG_USE" message=".*once/,
    );
    expect((await checked("github", wrong)).stdout).toMatch(
      /^::error title=companyos check%3A WRONG_USE::.*once/,
    );
    const { stdout } = await companyos("check", "--no-such-flag", "-osarif");
    expect(JSON.parse(stdout).runs[0].invocations[0].exitCode).toBe(2);
  });

  const rude = "x##vso[task.complete]\u009b2J\u202egpj.\u2066##[group]";

  test.each(["text", "json", "sarif", "junit", "github"])(
    "a name is no command and no control in %s",
    async (format) => {
      const path = await file("rude.json", JSON.stringify(pod(rude, "us-east-1")));
      const { stdout, stderr } = await checked(format, ["-f", path]);
      expect(stdout + stderr).not.toMatch(/##\w*\[|[\u0080-\u009f\u202a-\u202e\u2066-\u2069]/);
      if (format === "json") expect(JSON.parse(stdout).objects[0].name).toBe(rude);
    },
  );
});

test("an unknown format is refused with those there are", async () => {
  const { code, stderr } = await checked("xml", ["-f", "examples/story/web.yaml"]);
  expect([code, stderr]).toEqual([
    2,
    expect.stringMatching(/Allowed choices are text, json, sarif, junit, github/),
  ]);
});

describe("what was not looked at", () => {
  test("is named by kind and namespace, not guessed at", async () => {
    const elsewhere = (kind: string, apiVersion: string, namespace: string) => ({
      ...{
        apiVersion,
        kind,
        metadata: { name: "x", namespace },
        spec: { template: { spec: { containers: [] } } },
      },
    });
    const all = [
      elsewhere("Rollout", "argoproj.io/v1alpha1", "shop"),
      elsewhere("PersistentVolumeClaim", "v1", "shop"),
      elsewhere("PersistentVolumeClaim", "v1", "till"),
      elsewhere("ConfigMap", "v1", "shop"),
    ];
    const path = await file("nobodys.json", all.map((one) => JSON.stringify(one)).join("\n"));
    const { code, stdout } = await companyos("check", "-f", path, ...law);
    expect([code, stdout]).toEqual([
      0,
      expect.stringContaining(
        "not looked at: Rollout (1), PersistentVolumeClaim (2) in shop, till, which no Tenant claims",
      ),
    ]);
    const { notLookedAt, passedOver } = JSON.parse((await checked("json", ["-f", path])).stdout);
    expect({ notLookedAt, passedOver }).toEqual({
      passedOver: 4,
      notLookedAt: [
        { kind: "Rollout", namespace: "shop", count: 1 },
        { kind: "PersistentVolumeClaim", namespace: "shop", count: 1 },
        { kind: "PersistentVolumeClaim", namespace: "till", count: 1 },
      ],
    });
    const places = await file("config.json", JSON.stringify(all.at(-1)));
    expect((await companyos("check", "-f", places, ...law)).stdout).toBe(
      "0 objects decided, 0 blocked, 1 that places nothing for a tenant.\n",
    );
  });
});

describe("--with is checked strictly", () => {
  test("that nothing in it is decided by is exit code 2", async () => {
    const { code, stdout } = await companyos(
      ...["check", "-f", "examples/story/web.yaml", "--with", "examples/story/web.yaml", "--output", "json"],
    );
    expect([code, JSON.parse(stdout).faults]).toEqual([
      2,
      [expect.objectContaining({ code: "NOTHING_TO_DECIDE_BY", file: "examples/story/web.yaml" })],
    ]);
  });

  test("what a plan has to say is a warning, beside the verdicts", async () => {
    const policy = {
      apiVersion: "residency.companyos.io/v1",
      kind: "ResidencyPolicy",
      metadata: { name: "typo" },
      spec: { allowed: { regions: ["eu-west-1", "eu-wset-2"] } },
    };
    const path = await file("typo.json", JSON.stringify(policy));
    const words = ["check", "-f", "examples/story/web.yaml", ...law, "--with", path];
    const { code, stderr } = await companyos(...words);
    expect([code, stderr]).toEqual([
      0,
      expect.stringMatching(
        /warning: ResidencyPolicy\/typo names eu-wset-2, but there is no Region of that name.*REGION_UNREGISTERED/,
      ),
    ]);
    expect(JSON.parse((await companyos(...words, "-o", "json")).stdout).warnings).toHaveLength(2);
  });
});
