import { isDeepStrictEqual } from "node:util";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { createLogger, systemClock } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { upgradeOwnership } from "../src/tenants/upgrade.ts";
import { as, merge } from "./as.ts";
import { declareAcme, readyCondition, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants } = untyped(residencyResources);
const secrets = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true } as Resource;
const silent = createLogger({ role: "test", write: () => {} });
let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct();
  await declareAcme(product.kube);
}, 180_000);
afterAll(() => product?.stop(), 180_000);

const mallory = { owners: [{ kind: "User", name: "mallory", role: "admin" }] };
/** Not selected by the policy that allows the EU only. */
const abroad = { ...mallory, homeRegion: "us-east-1" };

/** The Tenant once the operator has said how it is. */
async function settled(name: string): Promise<KubeObject> {
  await until(`an answer about tenant ${name}`, async () => {
    const found = await product.kube.find(tenants!, name);
    return Boolean(found && (await readyCondition(product.kube, name)) && found.metadata.finalizers?.length);
  });
  return product.kube.get(tenants!, name);
}

async function gone(name: string): Promise<void> {
  await product.kube.delete(tenants!, name);
  await until(
    `tenant ${name} to be gone`,
    () => product.kube.find(tenants!, name),
    (seen) => !seen,
  );
}

const running = (name: string, namespace: string): KubeObject => ({
  metadata: { name, namespace },
  spec: { containers: [{ name: "a", image: "a:1" }] },
});

/** A tenant with a Secret and a pod in its namespace, deleted: the namespace is retained. */
async function retained(name: string, spec: object = {}): Promise<KubeObject> {
  const { kube } = product;
  await kube.create(tenants!, tenant(name, spec));
  await until(
    `tenant ${name} to be Ready`,
    () => readyCondition(kube, name),
    (seen) => seen?.status === "True",
  );
  await kube.create(secrets, {
    metadata: { name: "key", namespace: name },
    stringData: { key: "s3cret" },
  } as KubeObject);
  await until(`the service account of ${name}`, () =>
    kube.find(resources.serviceAccounts as Resource, "default", { namespace: name }),
  );
  await kube.create(resources.pods as Resource, running("steady", name));
  const { metadata } = await until(
    `the pod in ${name} to run`,
    () => kube.get(resources.pods as Resource, "steady", { namespace: name }),
    ({ status }) => status?.phase === "Running",
  );
  await until(
    `the pod in ${name} to be observed`,
    () => product.remembered("placements"),
    (lines) => lines.split("\n").some((line) => line.includes(metadata.uid!) && line.includes('"observed"')),
  );
  const former = await kube.get(tenants!, name);
  await gone(name);
  return former;
}

test("a new Tenant of an old name gets neither the retained namespace nor what lies in it", async () => {
  const { kube, cluster } = product;
  await retained("estate");
  const before = await kube.get(resources.namespaces, "estate");
  await kube.create(tenants!, tenant("estate", abroad, { team: "us" }));
  await settled("estate");

  const ask = await as(cluster, "mallory");
  expect((await ask("GET", "/api/v1/namespaces/estate/secrets/key")).status).toBe(403);
  await ask.close();
  const after = await kube.get(resources.namespaces, "estate");
  expect(after.metadata.annotations).toEqual(before.metadata.annotations);
  expect(after.metadata.labels).toEqual(before.metadata.labels);
  const { items } = await kube.list(resources.roleBindings, { namespace: "estate" });
  expect(JSON.stringify(items)).not.toContain("mallory");
  expect(await readyCondition(kube, "estate")).toMatchObject({
    status: "False",
    reason: "NamespaceConflict",
  });
});

const uidLabel = "residency.companyos.io/tenant-uid";
const adoptBy = "residency.companyos.io/adopt-by";
const namespaces = resources.namespaces as Resource;

const labelsOf = async (name: string) => (await product.kube.get(namespaces, name)).metadata.labels ?? {};
const uidOf = async (name: string) => (await product.kube.get(tenants!, name)).metadata.uid!;

async function ready(name: string): Promise<void> {
  await until(
    `tenant ${name} to be Ready`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.status === "True",
  );
}

/** Its status is written after what it tells of was done. */
const reason = (name: string, expected: string) =>
  until(
    `tenant ${name} to say ${expected}`,
    () => readyCondition(product.kube, name),
    (seen) => seen?.reason === expected,
  );

async function conflict(name: string, words: string): Promise<void> {
  await until(`tenant ${name} to be told ${words}`, async () => {
    const condition = await readyCondition(product.kube, name);
    return condition?.reason === "NamespaceConflict" && condition.message.includes(words);
  });
}

const consentOf = (namespace: string, consent: string | null) =>
  product.kube.patch(namespaces, namespace, "merge", { metadata: { annotations: { [adoptBy]: consent } } });

test("the webhook applies no plan in a namespace of a former tenant, and says what to do", async () => {
  const { kube } = product;
  await retained("manor");
  await kube.create(tenants!, tenant("manor", abroad, { team: "us" }));
  await settled("manor");
  const attempt = kube.create(resources.pods as Resource, running("p", "manor"));
  await expect(attempt).rejects.toMatchObject({
    message: expect.stringContaining("NAMESPACE_NOT_ITS_TENANTS"),
  });
  await expect(attempt).rejects.toMatchObject({
    message: expect.stringContaining("companyos adopt NAMESPACE --tenant manor"),
  });
});

test("a Tenant with deletionPolicy Purge deletes nothing of its predecessor's", async () => {
  const { kube } = product;
  await retained("heirloom");
  await kube.create(tenants!, tenant("heirloom", { ...mallory, deletionPolicy: "Purge" }));
  await settled("heirloom");
  await gone("heirloom");
  const left = await kube.get(namespaces, "heirloom");
  expect(left.metadata.deletionTimestamp).toBeUndefined();
  expect(await kube.find(secrets, "key", { namespace: "heirloom" })).toBeDefined();
});

test("a namespace is handed over when the Tenant asks for it and it consents to that very Tenant", async () => {
  const { kube, cluster } = product;
  const jane = { owners: [{ kind: "User", name: "jane", role: "edit" }] };
  const former = await retained("farm", jane);
  await kube.create(tenants!, tenant("farm", { ...mallory, quota: { hard: { pods: "7" } } }));
  await settled("farm");
  await conflict("farm", "companyos adopt farm --tenant farm");

  await kube.patch(tenants!, "farm", "merge", { spec: { adopt: ["farm"] } });
  await conflict("farm", "does not consent");
  await consentOf("farm", `farm/${former.metadata.uid}`);
  await conflict("farm", `it names farm/${former.metadata.uid}`);
  await kube.patch(tenants!, "farm", "merge", { spec: { adopt: null } });
  const uid = await uidOf("farm");
  await consentOf("farm", `farm/${uid}`);
  await conflict("farm", "add it to spec.adopt");
  expect((await labelsOf("farm"))[uidLabel]).toBe(former.metadata.uid);

  await kube.patch(tenants!, "farm", "merge", { spec: { adopt: ["farm"] } });
  await ready("farm");
  const after = await kube.get(namespaces, "farm");
  expect(after.metadata.labels).toMatchObject({ [uidLabel]: uid });
  expect(after.metadata.annotations).not.toHaveProperty([adoptBy]);
  expect(after.metadata.annotations).toMatchObject({
    "residency.companyos.io/adopted-from": former.metadata.uid,
  });
  // What the former owners had of the footprint is gone, what the new ones get is there; data stays.
  const { items } = await kube.list(resources.roleBindings, { namespace: "farm" });
  expect(JSON.stringify(items)).toContain("mallory");
  expect(JSON.stringify(items)).not.toContain("jane");
  const ask = await as(cluster, "mallory");
  await until(
    "the new owners' rights",
    () => ask("GET", "/api/v1/namespaces/farm/secrets/key"),
    ({ status }) => status === 200,
  );
  await ask.close();

  let receipts: Awaited<ReturnType<TestProduct["receiptsOfTenant"]>> = [];
  await until("the receipt of the hand-over", async () => {
    receipts = await product.receiptsOfTenant("eu-west-1", "farm", "namespace.adopted");
    return receipts.length > 0;
  });
  expect(receipts.map(({ disclosed }) => disclosed)).toEqual([
    expect.objectContaining({
      name: "farm",
      uid: after.metadata.uid,
      details: { previousTenantUid: former.metadata.uid },
    }),
  ]);
  const chain = receipts[0]!.claims.sub;
  await until("what runs there to be observed for the new tenant", async () => {
    const observed = await product.receiptsOfTenant("eu-west-1", "farm", "placement.observed");
    return observed.some(({ claims, disclosed }) => claims.sub === chain && disclosed.name === "steady");
  });
  await until("nothing to be owed", async () => {
    const { annotations = {} } = (await kube.get(namespaces, "farm")).metadata;
    return !["adoption", "release"].some((of) => `residency.companyos.io/${of}-receipt` in annotations);
  });
  // The chain of the Tenant before says that it went, once, and that its pods run no more for it.
  const before = (await product.receiptsOfTenant("eu-west-1", "farm", "placement.observed")).filter(
    ({ claims, disclosed }) => claims.sub !== chain && disclosed.name === "steady",
  );
  // Owed no more is what the journal has; the log gets it from there.
  const released = await until(
    "the receipt of the release",
    () => product.receiptsOfTenant("eu-west-1", "farm", "namespace.released"),
    (seen) => seen.length > 0,
  );
  expect(released.map(({ claims, disclosed }) => [claims.sub, disclosed.name, disclosed.details])).toEqual([
    [before[0]!.claims.sub, "farm", { nextTenantUid: uid }],
  ]);
  await until("the end of what ran there for the Tenant before", async () => {
    const ended = await product.receiptsOfTenant("eu-west-1", "farm", "placement.ended");
    return ended.some(
      ({ claims, disclosed }) => claims.sub === before[0]!.claims.sub && disclosed.name === "steady",
    );
  });
  await until("pods to be let in", async () => {
    await kube.create(resources.pods as Resource, running("new", "farm")).catch(() => {});
    return Boolean(await kube.find(resources.pods as Resource, "new", { namespace: "farm" }));
  });
});

test("what another tenant of another name left can be handed over too, with all its owners had taken away", async () => {
  const { kube } = product;
  await retained("barn", { owners: [{ kind: "User", name: "jane", role: "view" }] });
  await kube.create(tenants!, tenant("stable", { ...mallory, namespaces: ["barn"], adopt: ["barn"] }));
  await conflict("stable", "does not consent");
  await consentOf("barn", `stable/${await uidOf("stable")}`);
  await ready("stable");
  expect(await labelsOf("barn")).toMatchObject({ "residency.companyos.io/tenant": "stable" });
  const { items } = await kube.list(resources.roleBindings, { namespace: "barn" });
  expect(items.map(({ metadata }) => metadata.name)).toEqual(["companyos-owners-admin"]);
});

const person = (name: string, role = "edit") => ({ kind: "User", name, role });

/** Who may read the Secret in a namespace. */
async function readers(namespace: string, names: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const name of names) {
    const ask = await as(product.cluster, name);
    const { status } = await ask("GET", `/api/v1/namespaces/${namespace}/secrets/key`);
    if (status === 200) found.push(name);
    await ask.close();
  }
  return found;
}

async function bound(namespace: string): Promise<string[]> {
  const { items } = await product.kube.list(resources.roleBindings, { namespace });
  return items.flatMap(({ subjects }) => (subjects ?? []).map(({ name }: { name: string }) => name)).sort();
}

async function boundOutside(tenant: string): Promise<string[]> {
  const binding = await product.kube.get(
    resources.clusterRoleBindings as Resource,
    `companyos:owners:${tenant}`,
  );
  return (binding.subjects ?? []).map(({ name }: { name: string }) => name).sort();
}

test("what was handed over is the new Tenant's in full, and stays so, while another of its claims is in conflict", async () => {
  const { kube } = product;
  await retained("zinc", { namespaces: ["zinc-data"], owners: [person("lena")] });
  const spec = { namespace: "zinc", namespaces: ["zinc-data", "zinc-more"], adopt: ["zinc"] };
  const owners = [person("nora"), person("olaf")];
  await kube.create(tenants!, tenant("zincnew", { ...spec, owners, quota: { hard: { pods: "7" } } }));
  await conflict("zincnew", "zinc");
  await consentOf("zinc", `zincnew/${await uidOf("zincnew")}`);
  await conflict("zincnew", "zinc-data");
  await until("zinc to be the new owners' only", async () => {
    return JSON.stringify(await readers("zinc", ["lena", "nora", "olaf"])) === '["nora","olaf"]';
  });
  await until("its quota", async () => {
    const { items } = await kube.list(resources.resourceQuotas, { namespace: "zinc" });
    return isDeepStrictEqual(items[0]?.spec?.hard, { pods: "7" });
  });
  await until(
    "what is free to be made",
    () => bound("zinc-more"),
    (seen) => seen.includes("nora"),
  );
  // The one in conflict is left alone; the former owner's rights ended with the former Tenant.
  expect(await bound("zinc-data")).toEqual([]);

  await kube.patch(tenants!, "zincnew", "merge", { spec: { owners: [person("olaf")] } });
  await until("nora's rights to be taken away", async () => {
    return JSON.stringify(await readers("zinc", ["nora", "olaf"])) === '["olaf"]';
  });
  await until("nora's rights outside to be taken away", async () => {
    return JSON.stringify(await boundOutside("zincnew")) === '["olaf"]';
  });
  await reason("zincnew", "NamespaceConflict");
});

test("who is no owner any more loses all rights while the Tenant is paused, and in what it no longer claims; who is new waits", async () => {
  const { kube } = product;
  const spec = { namespaces: ["brass-kept"], owners: [person("ann"), person("bob"), person("bob", "view")] };
  await kube.create(tenants!, tenant("brass", spec));
  await ready("brass");
  await kube.patch(tenants!, "brass", "merge", { spec: { namespaces: null } });
  await until("the claim to be gone", async () => {
    const { metadata, status } = await kube.get(tenants!, "brass");
    return status?.observedGeneration === metadata.generation;
  });
  expect(await bound("brass-kept")).toEqual(["ann", "bob", "bob"]);

  await kube.patch(tenants!, "brass", "merge", {
    spec: { paused: true, owners: [person("ann"), person("carl")] },
  });
  for (const namespace of ["brass", "brass-kept"])
    await until(`bob's rights in ${namespace} to be taken away`, async () => {
      return JSON.stringify(await bound(namespace)) === '["ann"]';
    });
  await until("bob's rights outside to be taken away", async () => {
    return JSON.stringify(await boundOutside("brass")) === '["ann"]';
  });
  await reason("brass", "Paused");
  await kube.patch(tenants!, "brass", "merge", { spec: { paused: false } });
  await until("carl's rights", async () => JSON.stringify(await bound("brass")) === '["ann","carl"]');
});

test("a namespace that never had a Tenant comes in by the same consent", async () => {
  const { kube } = product;
  await kube.create(namespaces, { metadata: { name: "meadow" } });
  await kube.create(tenants!, tenant("meadow", { adopt: ["meadow"] }));
  await conflict("meadow", "belongs to nobody this product knows");
  await consentOf("meadow", `meadow/${await uidOf("meadow")}`);
  await ready("meadow");
  expect(await labelsOf("meadow")).toMatchObject({ "residency.companyos.io/mode": "Enforce" });
});

test("who manages a namespace that is handed over is left as it says, then and whenever it is set back", async () => {
  const { kube } = product;
  const manager = "app.kubernetes.io/managed-by";
  const managed = (name: string, by: string | null) =>
    kube.patch(namespaces, name, "merge", { metadata: { labels: { [manager]: by } } });
  await kube.create(namespaces, { metadata: { name: "leased", labels: { [manager]: "Helm" } } });
  await kube.create(namespaces, { metadata: { name: "leased-late" } });
  const names = ["leased", "leased-late"];
  await kube.create(tenants!, tenant("leased", { namespaces: ["leased-late", "leased-new"], adopt: names }));
  for (const name of names) await consentOf(name, `leased/${await uidOf("leased")}`);
  await ready("leased");
  const said = async () =>
    Promise.all([...names, "leased-new"].map(async (name) => (await labelsOf(name))[manager]));
  expect(await said()).toEqual(["Helm", "companyos", "companyos"]);

  // Set back where an earlier release overwrote it; what the operator made stays its own.
  await managed("leased-late", "Helm");
  await managed("leased-new", "somebody");
  await until(
    "drift to be undone",
    () => said(),
    (seen) => seen[2] === "companyos",
  );
  await managed("leased", "Argo");
  // The rest of the residency metadata is put back, as ever.
  const allowed = "residency.companyos.io/allowed-regions";
  for (const name of names) {
    const metadata = { annotations: { [allowed]: "us-east-1" } };
    await kube.patch(namespaces, name, "merge", { metadata });
    await until(
      `the regions of ${name}`,
      () => kube.get(namespaces, name),
      (seen) => seen.metadata.annotations?.[allowed] === "eu-west-1",
    );
  }
  expect(await said()).toEqual(["Argo", "Helm", "companyos"]);
});

test("what a Tenant that exists owns is not handed over, whatever both sides say; consent counts once it is gone", async () => {
  const { kube } = product;
  await kube.create(tenants!, tenant("elder"));
  await ready("elder");
  await kube.create(tenants!, tenant("younger", { namespaces: ["elder"], adopt: ["elder"] }));
  await settled("younger");
  await consentOf("elder", `younger/${await uidOf("younger")}`);
  await conflict("younger", "Have that Tenant let it go first");
  expect((await labelsOf("elder"))[uidLabel]).toBe(await uidOf("elder"));
  await gone("elder");
  // What it agreed to while its Tenant lived went with that one.
  await conflict("younger", "does not consent");
  expect((await kube.get(namespaces, "elder")).metadata.annotations).not.toHaveProperty([adoptBy]);
  await consentOf("elder", `younger/${await uidOf("younger")}`);
  await ready("younger");
  expect((await labelsOf("elder"))[uidLabel]).toBe(await uidOf("younger"));
});

test("a Tenant whose finalizer was stripped has its owners' rights and its namespaces' consents ended, also by the next operator", async () => {
  const { kube } = product;
  const strip = async (name: string) => {
    await kube.patch(tenants!, name, "merge", { metadata: { finalizers: null } });
    await gone(name);
  };
  const names = ["bared", "bared-off"];
  for (const name of names) {
    await kube.create(tenants!, tenant(name, mallory));
    await ready(name);
  }
  await kube.create(tenants!, tenant("taker", { namespaces: names, adopt: names }));
  await settled("taker");
  const consent = `taker/${await uidOf("taker")}`;
  for (const name of names) {
    expect(await bound(name)).toEqual(["mallory"]);
    await consentOf(name, consent);
  }
  await strip("bared");
  await product.stopOperator();
  await strip("bared-off");
  await product.startOperator();

  for (const name of names) {
    await until(
      `${name} to be ended`,
      () => kube.get(namespaces, name),
      ({ metadata }) =>
        metadata.annotations?.["residency.companyos.io/ended"] === metadata.labels?.[uidLabel],
    );
    expect(await bound(name)).toEqual([]);
    expect((await kube.get(namespaces, name)).metadata.annotations).not.toHaveProperty([adoptBy]);
  }
  await conflict("taker", "does not consent");
  for (const name of names) await consentOf(name, consent);
  await ready("taker");
  for (const name of names)
    expect((await kube.get(namespaces, name)).metadata.annotations).not.toHaveProperty([
      "residency.companyos.io/ended",
    ]);
});

test("only who may write the namespace itself consents, and nobody writes its owner", async () => {
  const { kube, cluster } = product;
  await retained("vault");
  await kube.create(resources.roleBindings, {
    metadata: { name: "everything", namespace: "vault" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "admin" },
    subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "vera" }],
  } as KubeObject);
  const path = "/api/v1/namespaces/vault";
  const consent = { metadata: { annotations: { [adoptBy]: "vault/any" } } };
  const vera = await as(cluster, "vera");
  await until(
    "vera's rights in the namespace",
    () => vera("GET", `${path}/secrets/key`),
    (seen) => seen.status === 200,
  );
  expect((await vera("PATCH", path, consent, merge)).status).toBe(403);
  await vera.close();

  const admin = await as(cluster, "anna", [], true);
  const withOwner = { metadata: { labels: { [uidLabel]: "mine" } } };
  for (const [where, what] of [
    [path, withOwner],
    [`${path}/status`, withOwner],
    [`${path}/status`, consent],
    [path, { metadata: { annotations: { [adoptBy]: "a/b", "residency.companyos.io/allowed-regions": "" } } }],
  ] as const) {
    const { status, message } = await admin("PATCH", where, what, merge);
    expect({ status, message }).toEqual({
      status: 403,
      message: expect.stringContaining("companyos-namespace-guard"),
    });
  }
  expect((await admin("PATCH", path, consent, merge)).status).toBe(200);
  await admin.close();
});

test("deleted while the operator is away and made again, as one change for the watch, a Tenant owns nothing of before", async () => {
  const { kube } = product;
  await kube.create(tenants!, tenant("twin"));
  await ready("twin");
  const first = await uidOf("twin");
  await product.stopOperator();
  await kube.patch(tenants!, "twin", "merge", { metadata: { finalizers: null } });
  await gone("twin");
  await kube.create(tenants!, tenant("twin", mallory));
  await product.startOperator();
  await conflict("twin", `uid ${first}`);
  expect((await labelsOf("twin"))[uidLabel]).toBe(first);

  // Somebody removes the namespace: the name is free for whoever claims it now.
  await kube.delete(namespaces, "twin");
  await ready("twin");
  expect((await labelsOf("twin"))[uidLabel]).toBe(await uidOf("twin"));
});

test("a restored namespace is whose it says by uid, and nobody's where it does not say", async () => {
  const { kube } = product;
  const restored = (name: string, labels: object) =>
    kube.create(namespaces, {
      metadata: {
        name,
        labels: {
          "residency.companyos.io/tenant": name,
          "residency.companyos.io/mode": "Enforce",
          ...labels,
        },
        annotations: { "residency.companyos.io/allowed-regions": "eu-west-1" },
      },
    } as KubeObject);
  await restored("backup", { [uidLabel]: "7d1c-of-the-cluster-before" });
  await restored("antique", {});
  await until(
    "the old one to be nobody's",
    () => labelsOf("antique"),
    (seen) => seen[uidLabel] === "orphaned",
  );
  await kube.create(tenants!, tenant("backup"));
  await kube.create(tenants!, tenant("antique"));
  await conflict("backup", "uid 7d1c-of-the-cluster-before");
  await conflict("antique", "whose uid is not known");
});

describe("at the upgrade from a release that knew tenants by name", () => {
  /** As it wrote namespaces, and before anything was settled. */
  async function asBefore(names: readonly string[]): Promise<void> {
    const { kube } = product;
    await kube.delete(resources.configMaps as Resource, "companyos-ownership", {
      namespace: "companyos-system",
    });
    for (const name of names)
      await kube.patch(namespaces, name, "merge", { metadata: { labels: { [uidLabel]: null } } });
  }

  test("namespaces go once to the Tenant whose name they bear; a Tenant that comes later gets none", async () => {
    const { kube } = product;
    await kube.create(tenants!, tenant("stays", { namespaces: ["stays-data"] }));
    await ready("stays");
    await retained("left");
    await product.stopOperator();
    await asBefore(["stays", "stays-data", "left"]);
    await product.startOperator();
    await until(
      "whose they are",
      () => Promise.all(["left", "stays", "stays-data"].map(labelsOf)),
      (seen) => seen.every((worn) => worn[uidLabel] !== undefined),
    );
    await ready("stays");
    const uid = await uidOf("stays");
    expect([(await labelsOf("stays"))[uidLabel], (await labelsOf("stays-data"))[uidLabel]]).toEqual([
      uid,
      uid,
    ]);
    expect((await labelsOf("left"))[uidLabel]).toBe("orphaned");

    // GitOps applies it again a moment too late.
    await kube.create(tenants!, tenant("left", mallory));
    await conflict("left", "whose uid is not known");

    // Once: what loses its uid later is nobody's, and stays so over a restart.
    await kube.patch(namespaces, "stays-data", "merge", { metadata: { labels: { [uidLabel]: null } } });
    await until(
      "it to be nobody's",
      () => labelsOf("stays-data"),
      (seen) => seen[uidLabel] === "orphaned",
    );
    await product.stopOperator();
    await product.startOperator();
    await conflict("stays", "stays-data");
  });

  test("an operator that goes on where another one died counts no Tenant that came meanwhile", async () => {
    const { kube } = product;
    await retained("gap");
    await product.stopOperator();
    await asBefore(["gap"]);
    // It had begun, and died before it had marked anything.
    const begun = await kube.create(resources.configMaps as Resource, {
      metadata: { name: "companyos-ownership", namespace: "companyos-system" },
    });
    await until("a second to pass on the API server's clock", async () => {
      const made = await kube.create(tenants!, tenant("gap", mallory));
      if (made.metadata.creationTimestamp! > begun.metadata.creationTimestamp!) return true;
      await kube.delete(tenants!, "gap");
      return false;
    });
    await product.startOperator();
    await conflict("gap", "whose uid is not known");
  });

  test("two operators at once, and one of before that goes on for a while, agree", async () => {
    const { kube } = product;
    await kube.create(tenants!, tenant("calm"));
    await ready("calm");
    await product.stopOperator();
    await asBefore(["calm"]);
    const options = { kube, log: silent, clock: systemClock, productNamespace: "companyos-system" };
    const { signal } = new AbortController();
    await Promise.all([upgradeOwnership(options, signal), upgradeOwnership(options, signal)]);
    const uid = await uidOf("calm");
    expect((await labelsOf("calm"))[uidLabel]).toBe(uid);
    // What the release before applies knows of no uid, under the manager it has in common with this one.
    await kube.apply(
      namespaces,
      {
        metadata: {
          name: "calm",
          labels: { "residency.companyos.io/tenant": "calm", "residency.companyos.io/mode": "Enforce" },
        },
      } as KubeObject,
      { fieldManager: "companyos-operator/tenant" },
    );
    expect((await labelsOf("calm"))[uidLabel]).toBe(uid);
    await product.startOperator();
    await ready("calm");
  });
});

describe("an owner who may write the binding that makes them one", () => {
  const admin = { owners: [{ kind: "User", name: "gus", role: "admin" }] };
  const bindings = resources.roleBindings as Resource;
  const binding = "companyos-owners-admin";

  async function reads(name: string): Promise<boolean> {
    const ask = await as(product.cluster, "gus");
    const { status } = await ask("GET", `/api/v1/namespaces/${name}/configmaps`);
    await ask.close();
    return status === 200;
  }

  async function owned(name: string): Promise<void> {
    await product.kube.create(tenants!, tenant(name, admin));
    await ready(name);
    await until(`gus to read what is in ${name}`, () => reads(name));
  }

  test("keeps nothing by a finalizer on it once they are no owner any more", async () => {
    const { kube } = product;
    await owned("elm");
    const finalizers = ["example.com/stay"];
    await kube.patch(bindings, binding, "merge", { metadata: { finalizers } }, { namespace: "elm" });
    await kube.patch(tenants!, "elm", "merge", { spec: { owners: [] } });
    await until("gus to read nothing any more", async () => !(await reads("elm")));
    // Taking themselves in again is one more edit of a binding that nobody wants.
    const subjects = [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "gus" }];
    await kube.patch(bindings, binding, "merge", { subjects }, { namespace: "elm" });
    await until(
      "the binding to bind nobody again",
      () => kube.get(bindings, binding, { namespace: "elm" }),
      (seen) =>
        seen.metadata.deletionTimestamp !== undefined && !(seen as { subjects?: unknown[] }).subjects?.length,
    );
    await kube.patch(bindings, binding, "merge", { metadata: { finalizers: null } }, { namespace: "elm" });
    await until(
      "it to be gone",
      () => kube.find(bindings, binding, { namespace: "elm" }),
      (seen) => !seen,
    );
  });

  test("keeps nothing by taking its labels off, in a Tenant that is paused too", async () => {
    const { kube } = product;
    await owned("fir");
    await kube.patch(tenants!, "fir", "merge", { spec: { paused: true } });
    await until(
      "the Tenant to say that it is paused",
      () => readyCondition(kube, "fir"),
      (seen) => seen?.reason === "Paused",
    );
    const off = { "app.kubernetes.io/managed-by": null, "residency.companyos.io/tenant": null };
    await kube.patch(bindings, binding, "merge", { metadata: { labels: off } }, { namespace: "fir" });
    await kube.patch(tenants!, "fir", "merge", { spec: { owners: [] } });
    await until("gus to read nothing any more", async () => !(await reads("fir")));
    await until(
      "the binding to be gone",
      () => kube.find(bindings, binding, { namespace: "fir" }),
      (seen) => !seen,
    );
  });
});
