import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { podMaker } from "@companyos/conformance";
import { type PlacedKind, placedKinds } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import { companyos, root, run } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const context = ["--with", "examples/quickstart"];
const story = (name: string) => ["-f", `examples/story/${name}`, ...context];

const { file, inFolder } = temporaryFolder("companyos-check-");

/** Where manifests name nodes; what names another one than these names none. */
async function nodes(): Promise<string[]> {
  const node = (name: string, region: string) => ({
    ...{ apiVersion: "v1", kind: "Node" },
    metadata: { name, labels: { "topology.kubernetes.io/region": region } },
  });
  const items = [node("eu-west-1-0", "eu-west-1"), node("us-east-1-0", "us-east-1")];
  return ["--with", await file("nodes.json", JSON.stringify({ apiVersion: "v1", kind: "List", items }))];
}

/** One object of the kind that is to run in the US, as far as what the corpus knows of its shape goes. */
function abroad({ kind, group, versions, template, node }: PlacedKind): object {
  const apiVersion = group === "" ? versions[0] : `${group}/${versions[0]}`;
  const metadata = { name: kind.toLowerCase(), namespace: "acme" };
  const spec = { nodeSelector: { "topology.kubernetes.io/region": "us-east-1" } };
  const placing = template
    ? podMaker(kind).wrap(spec, {})
    : (node?.path ?? []).reduceRight<unknown>((inner, step) => ({ [step]: inner }), "us-node");
  return { apiVersion, kind, metadata, ...(placing as object) };
}

describe("companyos check", () => {
  test("decides every placed kind, where its placement lies", async () => {
    const path = await file(
      "every-kind.json",
      JSON.stringify({ apiVersion: "v1", kind: "List", items: placedKinds.map(abroad) }),
    );
    const words = ["-f", path, ...context, ...(await nodes()), "--output", "json"];
    const { code, stdout } = await companyos("check", ...words);
    expect(code).toBe(1);
    const decided = JSON.parse(stdout).objects.map((o: { kind: string; verdict: string }) => [
      o.kind,
      o.verdict,
    ]);
    expect(decided).toEqual(placedKinds.map(({ kind }) => [kind, "block"]));
  });

  test("exits 0 for manifests that the webhook would let pass", async () => {
    const { code, stdout } = await companyos("check", ...story("web.yaml"));
    expect(code).toBe(0);
    expect(stdout).toMatch(/ALLOW.*Deployment acme\/web/);
    expect(stdout).toMatch(/2 objects decided, 0 blocked/);
  });

  test("exits 1 for one that it would refuse, and says what a person needs to know", async () => {
    const { code, stdout } = await companyos("check", ...story("web-in-us.yaml"));
    expect(code).toBe(1);
    for (const said of [
      "CROSS_REGION",
      "acme",
      "us-east-1",
      "eu-west-1",
      "nodeSelector",
      "eu-only",
      "for the whole tenant",
    ])
      expect(stdout).toContain(said);
  });

  test("exits 1 when one object among many would be refused", async () => {
    const files = ["-f", "examples/quickstart", "-f", "examples/story"];
    const words = [...files, "--with", "examples/quickstart", ...(await nodes()), "--output", "json"];
    const { code, stdout } = await companyos("check", ...words);
    expect(code).toBe(1);
    const { objects, passedOver, faults, policy } = JSON.parse(stdout);
    expect(faults).toEqual([]);
    expect(policy).toMatch(/^sha256:[0-9a-f]{64}$/);
    // Regions, a policy and two tenants place nothing.
    expect(passedOver).toBe(5);
    const verdicts = Object.fromEntries(
      objects.map((o: { kind: string; name: string; verdict: string; file: string }) => [
        `${o.kind} ${o.name} ${o.file.split("/").at(-1)}`,
        o.verdict,
      ]),
    );
    expect(verdicts).toEqual({
      "Binding own-scheduler binding-forged-labels.json": "block",
      "Binding own-scheduler binding-to-unknown-node.json": "block",
      "Binding own-scheduler binding-to-us-node.json": "block",
      "Deployment shop shop.yaml": "allow",
      "Deployment shop-in-us shop-in-us.yaml": "block",
      "Deployment web web-in-us.yaml": "block",
      "Deployment web web.yaml": "allow",
      "DaemonSet agent web.yaml": "allow",
      "Pod either-region pod-either-region.yaml": "block",
      "Pod own-scheduler pod-own-scheduler.yaml": "allow",
      "Pod past-the-scheduler pod-on-us-node.yaml": "block",
    });
  });

  test("its JSON names file, document, tenant, reason, field, and the regions", async () => {
    const { stdout } = await companyos("check", ...story("web-in-us.yaml"), "--output", "json");
    expect(JSON.parse(stdout).objects).toEqual([
      {
        file: "examples/story/web-in-us.yaml",
        document: 1,
        line: 1,
        kind: "Deployment",
        namespace: "acme",
        name: "web",
        tenant: "acme",
        verdict: "block",
        reason: "CROSS_REGION",
        field: 'spec.template.spec.nodeSelector["topology.kubernetes.io/region"]',
        fieldLine: 14,
        requested: ["us-east-1"],
        allowed: ["eu-west-1"],
        message: expect.stringContaining("companyos explain CROSS_REGION"),
      },
    ]);
  });

  test("decides by Nodes where manifests name some", async () => {
    const node = { kind: "Node", apiVersion: "v1", metadata: { name: "us-east-1-0", labels: {} } };
    const labels = { "topology.kubernetes.io/region": "eu-west-1" };
    const path = await file("node.json", JSON.stringify({ ...node, metadata: { ...node.metadata, labels } }));
    expect((await companyos("check", ...story("pod-on-us-node.yaml"), "--with", path)).code).toBe(0);
  });

  test("exits 2 when something could not be read, also beside what could", async () => {
    const broken = await file("broken/manifest.yaml", "kind: [\n");
    await file("broken/good.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    for (const path of [broken, inFolder("broken"), inFolder("nothing-here")]) {
      const { code, stderr } = await companyos("check", "-f", path, ...context);
      expect({ path, code }).toEqual({ path, code: 2 });
      expect(stderr).toContain(path);
      expect(stderr).toMatch(/^companyos: /);
    }
  });

  test("reads standard input, as kubectl does", async () => {
    const manifest = await readFile(join(root, "examples/story/web-in-us.yaml"), "utf8");
    const check = ["dev/product/bin/companyos.js", "check", "-f", "-", ...context];
    const { code, stdout } = await run(process.execPath, check, manifest);
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringMatching(/CROSS_REGION.*-#1\n/) });
    const twice = await run(process.execPath, [...check, "-f", "-"], manifest);
    expect(twice).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("once") });
  });

  test("says which document of a file is no object", async () => {
    const path = await file("third.yaml", "---\n---\napiVersion: v1\nkind: A\n---\nsome words\n");
    const { code, stderr } = await companyos("check", "-f", path);
    const said = expect.stringContaining("document 3 (line 6): it is no object [DOCUMENT_NO_OBJECT;");
    expect({ code, stderr }).toEqual({ code: 2, stderr: said });
  });

  test("names in a manifest do not reach the terminal as commands", async () => {
    const metadata = { name: "a\u001b[31mred", namespace: "acme" };
    const pod = { apiVersion: "v1", kind: "Pod", metadata, spec: { containers: [] } };
    const path = await file("escape.json", JSON.stringify(pod));
    const { stdout } = await companyos("check", "-f", path, ...context);
    expect(stdout).toContain("a\ufffd[31mred");
    expect(stdout).not.toContain("\u001b");
  });

  test("exits 2 when a Tenant among the manifests is none", async () => {
    const path = await file(
      "tenant.yaml",
      "apiVersion: residency.companyos.io/v1\nkind: Tenant\nmetadata: {name: acme}\nspec: {homeRegion: 7}\n",
    );
    const { code, stderr } = await companyos("check", "-f", path);
    expect(code).toBe(2);
    expect(stderr).toContain("Tenant acme");
  });
});
