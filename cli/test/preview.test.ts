import { type ClusterDns, footprint } from "@companyos/cdk8s";
import { parseTenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { loadAll } from "js-yaml";
import { dnsOf } from "../src/preview/dns.ts";
import { companyos } from "./command.ts";
import { temporaryFolder } from "./folder.ts";

const quickstart = "examples/quickstart";
const { file } = temporaryFolder("companyos-preview-");

const tenant = (name: string, spec: string) => `apiVersion: residency.companyos.io/v1
kind: Tenant
metadata: { name: ${name} }
spec: ${spec}
`;

test("shows each Tenant's plan, which policies made it so, and the objects that it gets", async () => {
  const { code, stdout } = await companyos("preview", "-f", quickstart);
  expect(code).toBe(0);
  expect(stdout).toContain("tenant acme: home eu-west-1; regions eu-west-1; Enforce; by eu-only");
  expect(stdout).toMatch(/^Namespace +- +acme$/m);
  expect(stdout).toMatch(/^NetworkPolicy +acme +companyos-isolation$/m);
  expect(stdout).toContain("tenant globex:");
  expect(stdout).not.toContain("ACTION");
});

test("a Tenant that no policy selects is in mode Enforce, and that is said: deleting its policy in Audit does that", async () => {
  const audit = `apiVersion: residency.companyos.io/v1
kind: ResidencyPolicy
metadata: { name: acme }
spec: { allowed: { regions: [eu-west-1] }, mode: Audit }
`;
  const tenants = await file("unselected/tenant.yaml", tenant("unselected", "{ homeRegion: eu-west-1 }"));
  const policy = await file("audit.yaml", audit);
  const regions = ["--with", `${quickstart}/regions.yaml`];
  const before = await companyos("preview", "-f", tenants, "--with", policy, ...regions);
  expect(before.stdout).toContain("tenant unselected: home eu-west-1; regions eu-west-1; Audit; by acme");
  const after = await companyos("preview", "-f", tenants, ...regions);
  expect(after.stdout).toContain("regions eu-west-1; no policy selects it: Enforce");
});

test("--output yaml is the objects themselves, as the operator makes them", async () => {
  const { code, stdout } = await companyos(
    "preview",
    "-f",
    `${quickstart}/tenants.yaml`,
    "--with",
    quickstart,
    "--output",
    "yaml",
  );
  expect(code).toBe(0);
  const objects = loadAll(stdout) as { kind: string; metadata: { name: string; annotations?: object } }[];
  const [namespace] = objects.filter(
    ({ kind, metadata }) => kind === "Namespace" && metadata.name === "acme",
  );
  expect(namespace?.metadata.annotations).toEqual({ "residency.companyos.io/allowed-regions": "eu-west-1" });
  expect(objects.map(({ kind }) => kind)).toEqual(
    expect.arrayContaining(["ResourceQuota", "NetworkPolicy", "RoleBinding", "ClusterRole"]),
  );
});

test("--output json has plan, problems and objects", async () => {
  const path = await file("moon.yaml", tenant("lunar", "{ homeRegion: moon, regions: [moon] }"));
  const { code, stdout } = await companyos("preview", "-f", path, "--with", quickstart, "--output", "json");
  // No region is left for it.
  expect(code).toBe(2);
  const { tenants } = JSON.parse(stdout);
  expect(tenants).toMatchObject([{ tenant: "lunar", plan: { regions: [] } }]);
  expect(tenants[0].problems.map(({ code }: { code: string }) => code)).toEqual(
    expect.arrayContaining(["PLAN_EMPTY", "REGION_UNREGISTERED"]),
  );
});

test("without any Region it says where to get them from", async () => {
  const { code, stdout, stderr } = await companyos("preview", "-f", `${quickstart}/tenants.yaml`);
  expect(code).toBe(2);
  expect(stdout).toContain("no region is allowed");
  expect(stderr).toContain("no Region among the files: say --with FOLDER, or --diff");
});

test("a Tenant that its schema refuses is named with its field; the others are shown, and the code is 2", async () => {
  const path = await file(
    "two.yaml",
    `${tenant("good", "{ homeRegion: eu-west-1, regions: [eu-west-1] }")}---\n${tenant("bad", "{ homeRegion: 7, regions: [] }")}`,
  );
  const { code, stdout, stderr } = await companyos("preview", "-f", path, "--with", quickstart);
  expect(code).toBe(2);
  expect(stdout).toContain("tenant good: home eu-west-1");
  expect(stderr).toMatch(/two\.yaml, document 2, line 6: Tenant bad: spec\.homeRegion: .*OBJECT_INVALID/);
});

test("a field that a Tenant has not is told, and where two files differ", async () => {
  const eu = "homeRegion: eu-west-1, regions: [eu-west-1]";
  const misspelt = await file("misspelt.yaml", tenant("good", `{ ${eu}, paused_: true }`));
  const one = await companyos("preview", "-f", misspelt, "--with", quickstart);
  expect([one.code, one.stderr]).toEqual([
    2,
    expect.stringContaining("Tenant good: spec.paused_: a Tenant has no"),
  ]);
  const [a, b] = [
    await file("differ/a.yaml", tenant("good", `{ ${eu} }`)),
    await file("differ/b.yaml", tenant("good", `{ ${eu}, namespaces: [more] }`)),
  ];
  const two = await companyos("preview", "-f", a, "-f", b, "--with", quickstart);
  expect([two.code, two.stderr]).toEqual([
    2,
    expect.stringMatching(/b\.yaml.*Tenant good stands in .*a\.yaml.*OBJECT_TWICE/),
  ]);
  // A proposal beside what there is.
  const over = await companyos("preview", "-f", b, "--with", a, "--with", quickstart);
  expect([over.code, over.stderr]).toEqual([
    0,
    expect.stringMatching(/Tenant good counts as .*b\.yaml has it, not as .*a\.yaml/),
  ]);
  expect(over.stdout).toMatch(/Namespace +- +more/);
});

test("files without a Tenant are nothing to preview, and what to do is said", async () => {
  const { code, stderr } = await companyos("preview", "-f", `${quickstart}/policy.yaml`);
  expect(code).toBe(2);
  expect(stderr).toMatch(/no Tenant among the files of -f: .*--diff/);
});

test("a reserved name, and one that another Tenant of the files claims, are conflicts; nothing is rendered there", async () => {
  const eu = "homeRegion: eu-west-1, regions: [eu-west-1]";
  const path = await file(
    "claims.yaml",
    [
      tenant("zeta", `{ ${eu}, namespaces: [shared, companyos] }`),
      tenant("beta", `{ ${eu}, namespaces: [shared] }`),
    ].join("---\n"),
  );
  const words = ["preview", "-f", path, "--with", quickstart, "--product-namespace", "companyos"];
  const { code, stdout } = await companyos(...words, "--output", "json");
  expect(code).toBe(0);
  const { tenants } = JSON.parse(stdout);
  const conflicts = (of: { changes: { action: string; object: KubeObject; note?: string }[] }) =>
    of.changes
      .filter(({ action, object }) => action === "conflict" && object.kind === "Namespace")
      .map(({ object, note }) => [object.metadata.name, note]);
  expect(conflicts(tenants[0])).toEqual([]);
  expect(conflicts(tenants[1])).toEqual([
    ["shared", expect.stringMatching(/claimed by another Tenant, as old as this one.*\(Tenant beta\)$/)],
    ["companyos", expect.stringContaining("is reserved")],
  ]);
  const yaml = loadAll((await companyos(...words, "--output", "yaml")).stdout) as KubeObject[];
  expect(yaml.filter(({ metadata }) => metadata.namespace === "companyos")).toEqual([]);
  expect((await companyos(...words)).stdout).toContain("conflict: namespace companyos is reserved");
});

test("a kustomization beside the Tenants is no fault: what it builds is to be previewed", async () => {
  await file("built/kustomization.yaml", "resources: [tenant.yaml]\nnamePrefix: eu-\n");
  const path = await file("built/tenant.yaml", tenant("good", "{ homeRegion: eu-west-1 }"));
  const folder = path.slice(0, path.lastIndexOf("/"));
  const { code, stdout, stderr } = await companyos("preview", "-f", folder, "--with", quickstart);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: expect.stringContaining(`kubectl kustomize ${folder} | companyos preview -f -`),
  });
  expect(stdout).toContain("tenant good: home eu-west-1");
});

test("where the installation does not enforce, every plan is in mode Audit", async () => {
  const values = await file("off.yaml", "companyos: { residency: { enforce: false } }");
  for (const flags of [["--enforce=false"], ["--values", values]]) {
    const { stdout } = await companyos("preview", "-f", quickstart, ...flags);
    expect(stdout).toContain("enforcing is switched off for the installation");
    expect(stdout).toContain("tenant acme: home eu-west-1; regions eu-west-1; Audit; by eu-only");
  }
  const on = await companyos("preview", "-f", quickstart, "--values", values, "--enforce=true");
  expect(on.stdout).toContain("; Enforce; by eu-only");
});

test("where the operator found the cluster's DNS is read back from what it wrote", () => {
  const dns = { namespaces: ["kube-system"], addresses: ["10.96.0.10", "169.254.20.10"], ports: [53, 5353] };
  const parsed = parseTenant({
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    metadata: { name: "acme", uid: "1" },
    spec: { homeRegion: "eu-west-1", regions: ["eu-west-1"] },
  });
  if (!parsed.ok) throw new Error("the Tenant is none");
  const plan = { homeRegion: "eu-west-1", regions: ["eu-west-1"], mode: "Enforce" } as const;
  const policyBy = (found: ClusterDns) =>
    footprint(parsed.value, plan, { dns: found }).find(({ kind }) => kind === "NetworkPolicy");
  const policy = policyBy(dns) as unknown as KubeObject;
  const read = dnsOf(policy);
  expect(read).toBeDefined();
  expect(policyBy(read as ClusterDns)).toEqual(policy);
});
