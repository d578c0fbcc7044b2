/** What is in use is deleted, narrowed, or left behind: who is told, what stays in force, and how it comes to its end. */
import { ensureTools } from "@companyos/cluster";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import {
  policy,
  readyCondition,
  startTestProduct,
  type TestProduct,
  tenant,
} from "@companyos/operator/testing/product";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { companyos } from "../src/product.ts";
import { until } from "../src/until.ts";
import { askGitOps, documentedSettings } from "../verifiers/gitops.ts";
import { runProgram } from "../verifiers/program.ts";

const kinds = untyped(residencyResources);
const group = "residency.companyos.io";
const restricted = "node-restriction.kubernetes.io/residency-region";
const namespaces = resources.namespaces as Resource;
const nodes = resources.nodes as Resource;
const [eu, us] = ["eu-west-1", "us-east-1"] as const;

let product: TestProduct;
let api: Api;
let kubectl: string;

// Building the judge takes some minutes when the caches are empty.
beforeAll(async () => {
  ({ kubectl } = await ensureTools(["kubectl", "helm", "gitops"]));
  product = await startTestProduct();
  api = await openApi(product.cluster.kubeconfig);
  for (const [name, jurisdiction] of [
    [eu, "EU"],
    [us, "US"],
  ] as const)
    await product.kube.create(kinds.regions, region(name, { jurisdiction, zones: [`${name}a`] }));
}, 900_000);
afterAll(async () => {
  await api?.close();
  await product?.stop();
}, 180_000);

const region = (name: string, spec: object = {}): KubeObject => ({
  apiVersion: `${group}/v1`,
  kind: "Region",
  metadata: { name },
  spec: { jurisdiction: "EU", ...spec },
});
const condition = (object: KubeObject | undefined, type: string) =>
  object?.status?.conditions?.find((one: { type: string }) => one.type === type);

async function declare(name: string, spec: object, labels: Record<string, string> = {}): Promise<KubeObject> {
  const made = await product.kube.create(kinds.tenants, tenant(name, spec, { team: name, ...labels }));
  await until(
    `${name} to be Ready`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.status === "True",
  );
  return made;
}

/** The Region, once its condition Ready has this reason. */
const regionSaying = (name: string, reason: string) =>
  until(
    `Region ${name} to say ${reason}`,
    () => product.kube.get(kinds.regions, name),
    (seen) => condition(seen, "Ready")?.reason === reason,
  );
const gone = (resource: Resource, name: string) =>
  until(
    `${name} to be gone`,
    () => product.kube.find(resource, name),
    (seen) => !seen,
  );

/** Deletes or merges as an administrator does; the warnings that the API server sent along. */
async function warnings(method: "DELETE" | "PATCH", path: string, body?: object): Promise<readonly string[]> {
  const response = await api.request(
    method,
    `/apis/${group}/v1/${path}`,
    body,
    "application/merge-patch+json",
  );
  expect([path, response.status, response.body?.message]).toEqual([path, 200, undefined]);
  return response.warnings;
}
/** The same, tried until the webhook knows what was declared a moment ago. */
const warned = (what: string, method: "DELETE" | "PATCH", path: string, body?: object) =>
  until(
    `a warning about ${what}`,
    () => warnings(method, `${path}?dryRun=All`, body),
    (seen) => seen.length > 0,
  );

/** The rows of `kubectl get`, cell by cell, by the first one. */
async function table(...args: string[]): Promise<Map<string, Record<string, string>>> {
  const all = ["--kubeconfig", product.cluster.kubeconfig, "get", ...args];
  const { stdout } = await runProgram(kubectl, all, { timeoutMs: 30_000 });
  const [head, ...rows] = stdout.trimEnd().split("\n");
  // Columns begin where their heads do; a cell may be empty.
  const heads = [...head!.matchAll(/\S+(?: \S+)*/g)];
  const cells = (row: string) =>
    Object.fromEntries(heads.map((one, i) => [one[0], row.slice(one.index, heads[i + 1]?.index).trim()]));
  return new Map(rows.map((row) => [row.split(/\s/)[0]!, cells(row)]));
}

describe("kubectl get and kstatus", () => {
  const spare = "eu-north-1";
  beforeAll(async () => {
    await product.kube.create(kinds.regions, region(spare, { zones: ["north-a"] }));
    await product.kube.create(
      kinds.policies,
      policy("listed", { allowed: { regions: [eu, us], jurisdictions: ["EU", "US"] } }),
    );
    await declare("listed", { regions: [eu, us] });
  });
  afterAll(async () => {
    for (const [resource, name] of [
      [kinds.regions, spare],
      [kinds.tenants, "listed"],
      [kinds.policies, "listed"],
    ] as const) {
      await product.kube.delete(resource, name);
      await gone(resource, name);
    }
  });

  test("a region at zero nodes waits for the world: Reconciling, and healthy to Argo CD and Flux as documented", async () => {
    const seen = await regionSaying(spare, "NoNodes");
    expect(["Ready", "Reconciling", "Stalled"].map((type) => condition(seen, type).status)).toEqual([
      "False",
      "True",
      "False",
    ]);
    const { health } = await askGitOps({ settings: await documentedSettings(), objects: [seen] });
    expect(health[0]).toMatchObject({ argo: "Healthy", flux: "Current", kstatus: "InProgress" });
  });

  test("lists are printed as lists, and what is vouched for has a column", async () => {
    await regionSaying(eu, "HasNodes");
    expect((await table("tn")).get("listed")).toMatchObject({ REGIONS: `${eu},${us}`, MODE: "Enforce" });
    const rules = await until(
      "the policy's status",
      () => table("rpol"),
      (seen) => seen.get("listed")?.REGIONS !== "",
    );
    expect(rules.get("listed")).toMatchObject({ REGIONS: `${eu},${us}`, JURISDICTIONS: "EU,US" });
    const vouched = await until(
      "its nodes to be vouched for",
      () => table("rgn", "-o", "wide"),
      (seen) => seen.get(eu)?.VOUCHED === "True",
    );
    expect(vouched.get(eu)).toMatchObject({ NODES: "2", REASON: "HasNodes", ZONES: `${eu}a` });
    expect(vouched.get(spare)).toMatchObject({ NODES: "0", REASON: "NoNodes", READY: "False" });
  });

  test("two Regions with one zone both say ZoneConflict, and both stop when one gives it up", async () => {
    await warnings("PATCH", `regions/${spare}`, { spec: { zones: ["north-a", `${eu}a`] } });
    const both = [await regionSaying(spare, "ZoneConflict"), await regionSaying(eu, "ZoneConflict")];
    expect(both.map((one) => condition(one, "Ready").message)).toEqual([
      expect.stringContaining(`${eu}a (${eu})`),
      expect.stringContaining(`${eu}a (${spare})`),
    ]);
    const { health } = await askGitOps({ settings: await documentedSettings(), objects: both });
    expect(health.map(({ argo, flux, kstatus }) => [argo, flux, kstatus])).toEqual([
      ["Degraded", "Failed", "Failed"],
      ["Degraded", "Failed", "Failed"],
    ]);
    await warnings("PATCH", `regions/${spare}`, { spec: { zones: ["north-a"] } });
    await regionSaying(eu, "HasNodes");
    await regionSaying(spare, "NoNodes");
  });

  test("what the API server will find invalid again and again waits for a person", async () => {
    const limits = { default: { cpu: "2" }, max: { cpu: "1" } };
    await product.kube.create(kinds.tenants, tenant("invalid", { limits }, { team: "invalid" }));
    const seen = await until(
      "the Tenant to say so",
      () => product.kube.get(kinds.tenants, "invalid"),
      (one) => condition(one, "Ready")?.reason === "FootprintInvalid",
    );
    expect(condition(seen, "Stalled").status).toBe("True");
    const { health } = await askGitOps({ settings: await documentedSettings(), objects: [seen] });
    expect(health[0]).toMatchObject({ argo: "Degraded", flux: "Failed", kstatus: "Failed" });
    await product.kube.delete(kinds.tenants, "invalid");
    await gone(kinds.tenants, "invalid");
  });
});

describe("whoever deletes or narrows what is in use is warned, by the API server", () => {
  beforeAll(async () => {
    const audited = { tenantSelector: { matchLabels: { team: "audited" } }, mode: "Audit" };
    await product.kube.create(
      kinds.policies,
      policy("audited", { ...audited, allowed: { jurisdictions: ["EU"] } }),
    );
    await declare("audited", {});
  });
  afterAll(async () => {
    await product.kube.delete(kinds.tenants, "audited");
    await gone(kinds.tenants, "audited");
    await product.kube.delete(kinds.policies, "audited");
  });

  test("a Region, a policy whose end turns enforcing on, the last region, a Tenant", async () => {
    expect(await warned("the Region", "DELETE", `regions/${eu}`)).toEqual([
      expect.stringMatching(/^some Tenants must leave Region eu-west-1 first.*IN_USE/),
    ]);
    expect(await warned("the policy", "DELETE", "residencypolicies/audited")).toEqual([
      expect.stringMatching(/^some Tenants will be in mode Enforce/),
    ]);
    const abroad = { spec: { allowed: { jurisdictions: ["US"] } } };
    expect(await warned("its narrowing", "PATCH", "residencypolicies/audited", abroad)).toEqual([
      expect.stringMatching(/^some Tenants may live nowhere then/),
    ]);
    const moved = { spec: { homeRegion: us, regions: [us] } };
    expect(await warned("the last region", "PATCH", "tenants/audited", moved)).toEqual([
      expect.stringMatching(/^audited may live nowhere then/),
    ]);
    expect(await warned("the Tenant", "DELETE", "tenants/audited")).toEqual([
      expect.stringMatching(/^audited leaves audited behind/),
    ]);
    // A label that no policy goes by, and nothing at all, are nobody's loss.
    expect(
      await warnings("PATCH", "tenants/audited?dryRun=All", { metadata: { labels: { color: "red" } } }),
    ).toEqual([]);
    expect(await warnings("DELETE", `regions/${us}?dryRun=All`)).toEqual([]);
  });

  test("and afterwards an Event on the Tenant says what changed, and who wrote it", async () => {
    const { kube } = product;
    const seen = await kube.get(kinds.tenants, "audited");
    const change = { spec: { mode: "Warn" } };
    const path = "residencypolicies/audited?fieldManager=jane-tool";
    await warnings("PATCH", path, change);
    await until(
      "the Event",
      () => kube.list(resources.events as Resource, { namespace: "default" }),
      ({ items }) =>
        items.some(
          ({ reason, regarding, note }) =>
            reason === "PlanChanged" &&
            regarding?.uid === seen.metadata.uid &&
            /^mode: Warn \(before: Audit\); last written: ResidencyPolicy audited, by jane-tool at /.test(
              note,
            ),
        ),
    );
  });

  test("nobody is held up while the webhook is away", async () => {
    await product.stopWebhook();
    try {
      expect(await warnings("DELETE", "residencypolicies/audited?dryRun=All")).toEqual([]);
    } finally {
      await product.startWebhook();
    }
  });
});

describe("a Region that goes", () => {
  const name = "eu-south-1";
  const node = (suffix: string, labels: Record<string, string> = {}): KubeObject => ({
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name: `south-${suffix}`,
      labels: { "topology.kubernetes.io/region": name, ...labels },
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
  });
  const label = async (suffix: string) =>
    (await product.kube.get(nodes, `south-${suffix}`)).metadata.labels?.[restricted];

  beforeAll(async () => {
    await product.kube.create(nodes, node("ours"));
    await product.kube.create(nodes, node("pool", { [restricted]: name }));
    await product.kube.create(kinds.regions, region(name));
    await until(
      "its node to be vouched for",
      () => label("ours"),
      (seen) => seen === name,
    );
    await declare("southern", { homeRegion: eu, regions: [eu, name] });
  });

  test("stays in force while a Tenant uses it and counts that one; then gives back the label that the operator wrote", async () => {
    const { kube } = product;
    await kube.delete(kinds.regions, name);
    const leaving = await regionSaying(name, "InUse");
    expect(condition(leaving, "Stalled")).toMatchObject({
      status: "True",
      message: expect.stringContaining("which 1 still do"),
    });
    // Every owner may read Regions: names are for whoever may look into the product's namespace.
    expect(JSON.stringify(leaving.status)).not.toContain("southern");
    const named = async () =>
      (await kube.list(resources.events as Resource, { namespace: "companyos-system" })).items.some(
        ({ reason, note, regarding }) =>
          reason === "InUse" && regarding?.name === name && note.includes("southern"),
      );
    await until("its Tenants to be named there", named);
    const [, command = ""] = /(kubectl -n [^,]*),/.exec(condition(leaving, "Stalled").message) ?? [];
    const words = command.split(" ").slice(1);
    expect(words).toContain(`involvedObject.name=${name}`);
    const all = ["--kubeconfig", product.cluster.kubeconfig, ...words];
    expect((await runProgram(kubectl, all, { timeoutMs: 30_000 })).stdout).toMatch(/InUse.*southern/);
    expect((await kube.get(kinds.tenants, "southern")).status.effectiveRegions).toEqual([name, eu].sort());
    expect(await label("ours")).toBe(name);
    await kube.patch(kinds.tenants, "southern", "merge", { spec: { regions: [eu] } });
    await gone(kinds.regions, name);
    await until(
      "the label to be given back",
      async () => [await label("ours")],
      ([seen]) => seen === undefined,
    );
    // A node pool's template has it, or an administrator wrote it: it is theirs.
    expect(await label("pool")).toBe(name);
  });

  test("and comes back takes up its nodes again", async () => {
    await product.kube.create(kinds.regions, region(name));
    await until(
      "its node to be vouched for",
      () => label("ours"),
      (seen) => seen === name,
    );
    await until(
      "both nodes to count",
      () => product.kube.get(kinds.regions, name),
      (seen) => seen.status?.nodes === 2 && condition(seen, "Ready").reason === "HasNodes",
    );
  });

  test("with everything else at once, Regions first as a prune may, comes to its end", async () => {
    const { kube } = product;
    await kube.patch(kinds.tenants, "southern", "merge", { spec: { regions: [eu, name] } });
    await until(
      "the Tenant to live there",
      () => kube.get(kinds.tenants, "southern"),
      (seen) => seen.status.effectiveRegions.includes(name),
    );
    const all = ["delete", "--wait", "--timeout=60s", `region/${name}`, "tenant/southern"];
    const { code, stderr } = await runProgram(kubectl, ["--kubeconfig", product.cluster.kubeconfig, ...all], {
      timeoutMs: 90_000,
    });
    expect([code, stderr.replaceAll(/^Warning.*\n?/gm, "")]).toEqual([0, ""]);
    expect(await kube.find(kinds.regions, name)).toBeUndefined();
    expect((await kube.get(namespaces, "southern")).metadata.labels?.[`${group}/tenant`]).toBe("southern");
  });
});

describe("what a Tenant left behind", () => {
  const left = ["southern", "leaver-old"] as const;
  /** May patch namespaces, and nothing of Tenants. */
  let nils: Api;
  /** An administrator, in no group that the guards let pass. */
  let anna: string;

  beforeAll(async () => {
    const { kube, cluster } = product;
    ({ kubeconfig: anna } = await cluster.createUser("anna", ["system:masters"]));
    nils = await openApi((await cluster.createUser("nils")).kubeconfig);
    const rules = [
      { apiGroups: [""], resources: ["namespaces"], verbs: ["get", "list", "patch"] },
      { apiGroups: [group], resources: ["tenants"], verbs: ["get", "list"] },
    ];
    const [roles, bindings] = [resources.clusterRoles, resources.clusterRoleBindings] as Resource[];
    await kube.create(roles!, { metadata: { name: "nils" }, rules });
    await kube.create(bindings!, {
      metadata: { name: "nils" },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "nils" },
      subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "nils" }],
    });
    await declare("leaver", { namespaces: ["leaver-old"] });
    await kube.patch(kinds.tenants, "leaver", "merge", { spec: { namespaces: [] } });
  });
  afterAll(() => nils?.close());

  const ours = async (name: string) => {
    const { labels = {}, annotations = {} } = (await product.kube.get(namespaces, name)).metadata;
    return Object.keys({ ...labels, ...annotations }).filter((key) => key.startsWith(`${group}/`));
  };
  const release = async (...words: string[]) => {
    const { code, stdout } = await companyos(["release", ...words, "--output", "json"], { KUBECONFIG: anna });
    return { code, items: (JSON.parse(stdout) as { items: KubeObject[] }).items };
  };

  test("is let go by nobody who may patch namespaces alone", async () => {
    const { labels = {} } = (await product.kube.get(namespaces, "southern")).metadata;
    const said = `southern/${labels[`${group}/tenant-uid`]}`;
    const body = { metadata: { annotations: { [`${group}/let-go`]: said } } };
    const path = "/api/v1/namespaces/southern";
    const refused = await nils.request("PATCH", path, body, "application/merge-patch+json");
    expect(refused).toMatchObject({
      status: 403,
      body: { message: expect.stringContaining("whoever may update the Tenant") },
    });
    // Neither may it stay where somebody else wrote it, with other words of ours.
    const status = await nils.request("PATCH", `${path}/status`, body, "application/merge-patch+json");
    expect(status.status).toBe(403);
  });

  test("is shown by a dry run, with what goes and what stays, and nothing changes", async () => {
    // Of itself the operator takes this label off, a minute or two after the regions changed.
    const lasting = async (name: string) => (await ours(name)).filter((key) => key !== `${group}/moved`);
    const before = await Promise.all(left.map(lasting));
    const { code, items } = await release(...left, "leaver", "--dry-run");
    expect([
      code,
      items.map(({ namespace, state, code, living }) => [namespace, state, code, living]),
    ]).toEqual([
      1,
      [
        ["southern", "releasable", undefined, false],
        ["leaver-old", "releasable", undefined, true],
        ["leaver", "refused", "CLAIMED", true],
      ],
    ]);
    expect(items[0]!.footprint).toContain("NetworkPolicy companyos-isolation");
    expect(await Promise.all(left.map(lasting))).toEqual(before);
    expect((await release("--left-behind", "--dry-run")).items.map(({ namespace }) => namespace)).toContain(
      "southern",
    );
  });

  test("is let go by whoever may update Tenants: no label stays, what lies there does, and both chains have the receipt", async () => {
    const { kube } = product;
    await kube.create(resources.configMaps as Resource, {
      metadata: { name: "kept", namespace: "southern" },
    });
    const { code, items } = await release(...left, "--yes");
    expect([code, items.map(({ state }) => state)]).toEqual([0, ["released", "released"]]);
    for (const name of left) {
      const tenantName = name === "southern" ? "southern" : "leaver";
      const [receipt] = await until(
        `the receipt of ${name}`,
        () => product.receiptsOfTenant(eu, tenantName, "namespace.released"),
        (seen) => seen.length > 0,
      );
      expect(receipt!.disclosed).toMatchObject({ name, details: { nextTenantUid: null } });
      // What the hand-over of an empty place needs to know stays: whose it was last.
      await until(
        `no label of ours on ${name}`,
        () => ours(name),
        (seen) => seen.every((key) => key === `${group}/released-from` || key === `${group}/former-regions`),
      );
    }
    expect(
      await kube.find(resources.configMaps as Resource, "kept", { namespace: "southern" }),
    ).toBeDefined();
    expect(
      await kube.find(resources.networkPolicies as Resource, "companyos-isolation", {
        namespace: "southern",
      }),
    ).toBeUndefined();
  });

  test("what is said while the Tenant lives is not heard, and does not outlive it", async () => {
    const { kube } = product;
    const made = await declare("early", {});
    const said = { metadata: { annotations: { [`${group}/let-go`]: `early/${made.metadata.uid}` } } };
    await kube.patch(namespaces, "early", "merge", said);
    await kube.delete(kinds.tenants, "early");
    await gone(kinds.tenants, "early");
    const keys = await ours("early");
    expect(keys).toContain(`${group}/tenant`);
    expect(keys).not.toContain(`${group}/let-go`);
  });
});
