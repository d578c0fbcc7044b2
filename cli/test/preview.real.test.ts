import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { ensureTools } from "@companyos/cluster";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { readyCondition, startTestProduct, type TestProduct } from "@companyos/operator/testing/product";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { loadAll } from "js-yaml";
import { companyos, root } from "./command.ts";

const run = promisify(execFile);
const { tenants, regions, policies } = untyped(residencyResources);
const namespaces = resources.namespaces as Resource;
const quotas = resources.resourceQuotas as Resource;
let product: TestProduct;
let folder: string;
let kubeconfig: string;
let declared: KubeObject[];

/** The landing zone of the example, written by its own program and applied by kubectl, until every team has its own. */
beforeAll(async () => {
  // As clusters have it: the operator then lets its addresses through, and a preview has to know.
  product = await startTestProduct({
    before: async (cluster) => {
      const isThere = (path: string) =>
        cluster.request("GET", path).then(
          () => true,
          () => false,
        );
      await until("namespace kube-system", () => isThere("/api/v1/namespaces/kube-system"));
      await cluster.request("POST", "/api/v1/namespaces/kube-system/services", {
        metadata: { name: "kube-dns", labels: { "k8s-app": "kube-dns" } },
        spec: { ports: [{ name: "dns", port: 53, protocol: "UDP" }], selector: { "k8s-app": "kube-dns" } },
      });
    },
  });
  ({ kubeconfig } = await product.cluster.createUser("anna", ["system:masters"]));
  folder = await mkdtemp(join(tmpdir(), "companyos-preview-"));
  await run(process.execPath, [join(root, "examples/cdk8s/main.ts"), folder]);
  const { kubectl } = await ensureTools(["kubectl"]);
  for (const chart of ["platform", "teams"])
    await run(kubectl, ["--kubeconfig", kubeconfig, "apply", "-f", join(folder, `${chart}.k8s.yaml`)]);
  // Named and labelled as the operator's, in a namespace of somebody's own.
  const { kube } = product;
  await kube.create(namespaces, { metadata: { name: "aaa" } });
  await kube.create(resources.networkPolicies as Resource, {
    metadata: {
      name: "companyos-isolation",
      namespace: "aaa",
      labels: { "app.kubernetes.io/managed-by": "companyos" },
    },
    spec: {
      podSelector: {},
      egress: [{}, { to: [{ ipBlock: { cidr: "192.0.2.0/24" } }], ports: [{ port: 443 }] }],
    },
  });
  declared = loadAll(await readFile(join(folder, "teams.k8s.yaml"), "utf8")) as KubeObject[];
  await Promise.all(declared.map(({ metadata }) => ready(metadata.name!)));
}, 300_000);
afterAll(async () => {
  await product?.stop();
  if (folder) await rm(folder, { recursive: true, force: true });
}, 180_000);

async function ready(name: string): Promise<void> {
  const isReady = async () => (await readyCondition(product.kube, name))?.status === "True";
  await until(`tenant ${name} to be Ready`, isReady, Boolean, { timeoutMs: 240_000 });
}

interface Previewed {
  readonly tenant: string;
  readonly changes: readonly { action: string; object: KubeObject; live?: KubeObject; note?: string }[];
}

async function diff(...paths: string[]): Promise<{ code: number; tenants: Previewed[] }> {
  const files = paths.flatMap((path) => ["-f", path]);
  const { code, stdout } = await companyos(
    ...["preview", "--diff", "--kubeconfig", kubeconfig, "--output", "json"],
    ...files,
  );
  return { code, tenants: JSON.parse(stdout).tenants };
}

/** One team's Tenant, edited, as a file. */
async function edited(name: string, edit: (spec: Record<string, unknown>) => void): Promise<string> {
  const tenant = structuredClone(declared.find(({ metadata }) => metadata.name === name)) as KubeObject;
  edit((tenant as unknown as { spec: Record<string, unknown> }).spec);
  const path = join(folder, `${name}-edited.json`);
  await writeFile(path, JSON.stringify(tenant));
  return path;
}

const acted = ({ changes }: Previewed) =>
  changes
    .filter(({ action }) => action !== "same")
    .map(({ action, object: { kind, metadata } }) => [action, kind, metadata.name]);

test("fifty tenants, each as its file says: kubeconform accepts the files, and nothing would change", async () => {
  const { kubeconform } = await ensureTools(["kubeconform"]);
  const schemas = join(root, "crds/schemas/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");
  const { stdout } = await run(kubeconform, [
    ...["-strict", "-summary", "-output", "json", "-schema-location", schemas],
    ...["platform", "teams"].map((chart) => join(folder, `${chart}.k8s.yaml`)),
  ]);
  expect(JSON.parse(stdout).summary).toEqual({ valid: 53, invalid: 0, errors: 0, skipped: 0 });
  const { code, tenants: all } = await diff(folder);
  expect(all).toHaveLength(50);
  expect(all.flatMap(acted)).toEqual([]);
  expect(code).toBe(0);
});

test("what the operator lets through to the cluster's DNS is there, and no difference", async () => {
  const service = await product.kube.get(resources.services, "kube-dns", { namespace: "kube-system" });
  const { spec } = (await product.kube.get(resources.networkPolicies, "companyos-isolation", {
    namespace: "amber",
  })) as { spec?: object };
  expect(JSON.stringify(spec)).toContain(`${service.spec?.clusterIP}/32`);
});

test("check decides by what a live cluster has, and by --with over it; -f has no say", async () => {
  const deployment = (region: string, namespace?: string) => ({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name: "web", namespace },
    spec: {
      template: { spec: { nodeSelector: { "topology.kubernetes.io/region": region }, containers: [] } },
    },
  });
  const wide = declared.find(({ metadata }) => metadata.name === "amber") as KubeObject;
  const everywhere = ["eu-west-1", "eu-central-1", "us-east-1"];
  const proposal = join(folder, "proposal.json");
  await writeFile(proposal, JSON.stringify({ ...wide, spec: { ...wide.spec, regions: everywhere } }));
  const manifests = join(folder, "manifests.json");
  const regions = ["moon-1", ...(wide.spec?.regions ?? [wide.spec?.homeRegion])] as string[];
  await writeFile(manifests, regions.map((region) => JSON.stringify(deployment(region, "amber"))).join("\n"));
  const check = async (...words: string[]) => {
    const by = ["--kubeconfig", kubeconfig, "--output", "json"];
    const { code, stdout } = await companyos("check", "-f", manifests, ...by, ...words);
    return { code, ...JSON.parse(stdout) };
  };
  const { code, objects, faults, warnings } = await check();
  expect({ code, faults, warnings }).toEqual({ code: 1, faults: [], warnings: [] });
  expect(objects).toMatchObject([
    { tenant: "amber", verdict: "block", reason: "REGION_UNRESOLVABLE" },
    { tenant: "amber", verdict: "allow" },
  ]);
  // What is proposed beside the manifests is named, and changes nothing; by --with somebody says that it may.
  const proposed = await check("-f", proposal);
  expect(proposed).toMatchObject({ code: 1, faults: [], setAside: [{ kind: "Tenant", name: "amber" }] });
  expect(await check("-f", proposal, "--with", proposal)).toMatchObject({
    code: 1,
    faults: [],
    setAside: [],
  });
  // Who may not list what is decided by is told so, not let pass.
  const nobody = await product.cluster.createUser("nobody", []);
  const refused = await companyos("check", "-f", manifests, "--kubeconfig", nobody.kubeconfig);
  expect(refused).toMatchObject({
    code: 2,
    stdout: "",
    stderr: expect.stringMatching(
      /you may not list tenants, residencypolicies, regions of cluster .*: --with FOLDER, without --context/,
    ),
  });
});

test("kubeconform refuses a field that the kind does not have", async () => {
  const { kubeconform } = await ensureTools(["kubeconform"]);
  const schemas = join(root, "crds/schemas/{{.ResourceKind}}_{{.ResourceAPIVersion}}.json");
  const path = await edited("amber", (spec) => Object.assign(spec, { homeregion: "eu-west-1" }));
  await expect(run(kubeconform, ["-strict", "-schema-location", schemas, path])).rejects.toMatchObject({
    stdout: expect.stringContaining("homeregion"),
  });
});

test("an edited quota is one change, told as it stands and as it would; applied, it is what stands", async () => {
  const path = await edited("birch", (spec) => Object.assign(spec, { quota: { hard: { pods: "77" } } }));
  const { code, tenants: all } = await diff(path);
  expect(code).toBe(1);
  expect(all.map(({ tenant }) => tenant)).toEqual(["birch"]);
  expect(all.flatMap(acted)).toEqual([
    ["change", "ResourceQuota", "companyos-quota"],
    ["change", "ResourceQuota", "companyos-quota"],
  ]);
  const [first] = all[0]!.changes.filter(({ action }) => action === "change");
  expect(first).toMatchObject({
    object: { spec: { hard: { pods: "77" } } },
    live: { spec: { hard: { pods: "20" } } },
  });
  const { stdout } = await companyos("preview", "--diff", "--kubeconfig", kubeconfig, "-f", path);
  expect(stdout).toMatch(/^-\s+pods: '20'$/m);
  expect(stdout).toMatch(/^\+\s+pods: '77'$/m);
  expect(stdout).toContain("0 to create, 2 to change, 0 to delete");
  // It was right if the operator then does just that.
  const { kubectl } = await ensureTools(["kubectl"]);
  await run(kubectl, ["--kubeconfig", kubeconfig, "apply", "-f", path]);
  await until(
    "the quota that was shown",
    async () => (await product.kube.get(quotas, "companyos-quota", { namespace: "birch" })) as unknown,
    (seen) => (seen as { spec: { hard: { pods: string } } }).spec.hard.pods === "77",
  );
  await ready("birch");
  expect(await diff(path)).toMatchObject({ code: 0 });
});

test("a namespace that leaves is kept under Retain, or let go where that is said", async () => {
  const left = async (name: string, spec: object) => {
    const path = await edited(name, (all) => Object.assign(all, { namespaces: [] }, spec));
    const { code, tenants: all } = await diff(path);
    return { code, acted: all.flatMap(acted), notes: all[0]!.changes.map(({ note }) => note) };
  };
  expect(await left("cedar", {})).toMatchObject({ code: 0, acted: [["keep", "Namespace", "cedar-staging"]] });
  expect(await left("cedar", { release: ["cedar-staging"] })).toMatchObject({
    code: 1,
    acted: [["release", "Namespace", "cedar-staging"]],
  });
  // It leaves under the policy that it was claimed under; the one that is set as it leaves comes too late.
  expect(await left("cedar", { deletionPolicy: "Purge" })).toMatchObject({
    acted: [
      ["change", "Namespace", "cedar"],
      ["keep", "Namespace", "cedar-staging"],
    ],
  });
});

test("under Purge it is deleted, which is said, and then done", async () => {
  const { kubectl } = await ensureTools(["kubectl"]);
  const apply = (path: string) => run(kubectl, ["--kubeconfig", kubeconfig, "apply", "-f", path]);
  await apply(await edited("ember", (spec) => Object.assign(spec, { deletionPolicy: "Purge" })));
  const noted = async (name: string) => {
    const { metadata } = await product.kube.get(namespaces, name);
    return metadata.annotations?.["residency.companyos.io/deletion-policy"];
  };
  for (const name of ["ember", "ember-staging"])
    await until(
      `namespace ${name} to say so`,
      () => noted(name),
      (policy) => policy === "Purge",
    );
  const path = await edited("ember", (spec) =>
    Object.assign(spec, { deletionPolicy: "Purge", namespaces: [] }),
  );
  const { code, tenants: all } = await diff(path);
  expect({ code, acted: all.flatMap(acted) }).toEqual({
    code: 1,
    acted: [["delete", "Namespace", "ember-staging"]],
  });
  expect(all[0]!.changes.find(({ action }) => action === "delete")?.note).toContain("Purge deletes it");
  await apply(path);
  await until(
    "the namespace to be going",
    () => product.kube.find(namespaces, "ember-staging"),
    (seen) => !seen || seen.metadata.deletionTimestamp !== undefined,
  );
});

test("a namespace that somebody else has is a conflict, with the way out", async () => {
  await product.kube.create(namespaces, { metadata: { name: "brownfield" } } as KubeObject);
  const path = await edited("delta", (spec) =>
    Object.assign(spec, { namespaces: ["delta-staging", "brownfield"] }),
  );
  const { code, tenants: all } = await diff(path);
  expect(code).toBe(1);
  const conflicts = all[0]!.changes.filter(({ action }) => action === "conflict");
  expect(conflicts.map(({ object }) => object.kind)).toContain("Namespace");
  expect(conflicts.map(({ note }) => note)).toContainEqual(
    expect.stringContaining("companyos adopt brownfield --tenant delta"),
  );
});

test("a namespace that both sides hand over is shown as that, and then is what was shown", async () => {
  const { metadata } = await product.kube.get(tenants!, "fjord");
  const consent = { "residency.companyos.io/adopt-by": `fjord/${metadata.uid}` };
  await product.kube.create(namespaces, {
    metadata: { name: "fjord-legacy", annotations: consent },
  } as KubeObject);
  const path = await edited("fjord", (spec) =>
    Object.assign(spec, {
      namespaces: [...((spec.namespaces as string[] | undefined) ?? []), "fjord-legacy"],
      adopt: ["fjord-legacy"],
    }),
  );
  const { code, tenants: all } = await diff(path);
  expect(code).toBe(1);
  const [shown] = all[0]!.changes.filter(({ action }) => action === "adopt");
  expect(shown?.object.metadata.name).toBe("fjord-legacy");
  const { kubectl } = await ensureTools(["kubectl"]);
  await run(kubectl, ["--kubeconfig", kubeconfig, "apply", "-f", path]);
  const { labels, annotations } = shown!.object.metadata;
  await until(
    "the namespace to say what was shown",
    async () => (await product.kube.get(namespaces, "fjord-legacy")).metadata,
    (live) =>
      Object.entries(labels!).every(([key, value]) => live.labels?.[key] === value) &&
      Object.entries(annotations!).every(([key, value]) => live.annotations?.[key] === value),
  );
  await ready("fjord");
  await until(
    "nothing to be left",
    () => diff(path),
    (seen) => seen.code === 0,
  );
});

test("a policy shows every Tenant whose plan it changes, and no other", async () => {
  const path = join(folder, "narrower.yaml");
  await writeFile(
    path,
    `apiVersion: residency.companyos.io/v1
kind: ResidencyPolicy
metadata: { name: small-teams-in-the-us }
spec:
  tenantSelector: { matchLabels: { size: small } }
  allowed: { regions: [us-east-1] }
  mode: Enforce
`,
  );
  const small = declared
    .filter(({ metadata }) => metadata.labels?.size === "small")
    .map(({ metadata }) => metadata.name);
  const { code, tenants: all } = await diff(path);
  // Another policy keeps some of them in the EU: no region is left for these.
  expect(code).toBe(2);
  expect(all.map(({ tenant }) => tenant)).toEqual([...small].sort());
  expect(new Set(all.flatMap(acted).map(([action, kind]) => `${action} ${kind}`))).toEqual(
    new Set(["change Namespace"]),
  );
});

test("a Tenant that is not there yet is all to create", async () => {
  const path = join(folder, "new.yaml");
  await writeFile(
    path,
    `apiVersion: residency.companyos.io/v1
kind: Tenant
metadata: { name: newcomer }
spec: { homeRegion: eu-west-1, regions: [eu-west-1] }
`,
  );
  const { code, tenants: all } = await diff(path);
  expect(code).toBe(1);
  expect(new Set(all[0]!.changes.map(({ action }) => action))).toEqual(new Set(["create"]));
});

test("who may not read the footprint is told what is missing", async () => {
  const { kubeconfig: stranger } = await product.cluster.createUser("otto", []);
  const { code, stderr } = await companyos("preview", "--diff", "--kubeconfig", stranger, "-f", folder);
  expect(code).toBe(2);
  expect(stderr).toContain("you may not list tenants");
});

test("the examples' regions and policy stand as the platform's file says", async () => {
  for (const [resource, name] of [
    [regions, "eu-west-1"],
    [policies, "eu-stays-in-eu"],
    [tenants, "yucca"],
  ] as const)
    expect(await product.kube.find(resource!, name)).toBeTruthy();
});
