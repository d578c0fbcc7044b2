import { type ClusterAccess, sharedCluster } from "@companyos/cluster";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { apiVersion, crd, kinds } from "../src/index.ts";
import { accepted, manifest, refused } from "./cases.ts";

let cluster: ClusterAccess;

const pathOf = ({ kind }: { kind: string }) =>
  `/apis/${apiVersion}/${kinds.find((one) => one.kind === kind)!.plural}`;
const dryRun = "?dryRun=All&fieldManager=crds-test&fieldValidation=Strict";
const merge = "application/merge-patch+json";

interface ApiResponse {
  readonly status: number;
  readonly message: string;
  // biome-ignore lint/suspicious/noExplicitAny: an object as the API server returned it
  readonly object?: any;
}

/** Asks the API server; a refusal is a response too. */
async function ask(method: string, path: string, body?: unknown, contentType?: string): Promise<ApiResponse> {
  try {
    return { status: 200, message: "", object: await cluster.request(method, path, body, contentType) };
  } catch (error) {
    const { status, message } = error as { status?: number; message: string };
    if (status === undefined) throw error;
    return { status, message };
  }
}

beforeAll(async () => {
  cluster = await sharedCluster();
  for (const kind of kinds) {
    const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${kind.plural}.residency.companyos.io`;
    await cluster.request(
      "PATCH",
      `${path}?fieldManager=crds-test&force=true`,
      crd(kind),
      "application/apply-patch+yaml",
    );
    await until(
      `${kind.plural} to be served`,
      () => ask("GET", pathOf(kind)),
      ({ status }) => status === 200,
    );
  }
});

test.each(kinds)("the API server finds nothing to object to in the schema of $kind", async ({ plural }) => {
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${plural}.residency.companyos.io`;
  const { object } = await ask("GET", path);
  const conditions = object.status.conditions.map(
    ({ type, status }: Record<string, string>) => `${type}=${status}`,
  );
  expect(conditions).toEqual(expect.arrayContaining(["NamesAccepted=True", "Established=True"]));
  expect(conditions).not.toContain("NonStructuralSchema=True");
});

describe("the API server and the parser agree", () => {
  test.each(accepted)("$title is accepted", async ({ object }) => {
    expect(await ask("POST", pathOf(object) + dryRun, object)).toMatchObject({ status: 200 });
  });

  test.each(refused)("$title is refused, and the field is named", async ({ object, field, says }) => {
    const response = await ask("POST", pathOf(object) + dryRun, object);
    expect(response.status).toBe(422);
    // It names a repeated item by index, and a CEL rule by the field path of the rule.
    expect(response.message).toContain(field);
    if (says !== undefined) expect(response.message).toContain(says);
  });
});

test("defaults are filled in by the API server", async () => {
  const object = manifest("Tenant", "crds-defaults", {
    homeRegion: "eu-west-1",
    owners: [{ kind: "User", name: "ann" }],
  });
  const response = await ask("POST", pathOf(object) + dryRun, object);
  expect(response.object?.spec).toEqual({
    homeRegion: "eu-west-1",
    owners: [{ kind: "User", name: "ann" }],
    network: { isolation: "Isolated" },
    paused: false,
    deletionPolicy: "Retain",
  });
});

test("a misspelt field is refused under strict validation", async () => {
  const object = manifest("ResidencyPolicy", "crds-misspelt", {
    allowed: { regions: ["eu"], region: ["us"] },
  });
  const response = await ask("POST", pathOf(object) + dryRun, object);
  expect(response.message).toContain('unknown field "spec.allowed.region"');
});

describe("an object that exists", () => {
  // Paused: an operator of another test in this cluster leaves it alone.
  const tenant = manifest("Tenant", "crds-existing", { homeRegion: "eu-west-1", paused: true });
  const bundle = manifest("EvidenceBundle", "crds-existing", { tenant: "crds-existing" });
  const at = (object: { kind: string; metadata: { name: string } }) =>
    `${pathOf(object)}/${object.metadata.name}`;

  beforeAll(async () => {
    for (const object of [tenant, bundle]) {
      await ask("DELETE", at(object));
      await until(
        `${object.kind} to be made`,
        () => ask("POST", pathOf(object), object),
        ({ status }) => status === 200,
      );
    }
  });

  afterAll(async () => {
    for (const object of [tenant, bundle]) await ask("DELETE", at(object));
  });

  test("keeps its namespace", async () => {
    const moved = await ask("PATCH", at(tenant), { spec: { namespace: "elsewhere" } }, merge);
    expect(moved).toMatchObject({ status: 422 });
    expect(moved.message).toContain("the tenant's namespace cannot change");
  });

  test("may spell out the namespace it has by default", async () => {
    const spelt = await ask(
      "PATCH",
      `${at(tenant)}?dryRun=All`,
      { spec: { namespace: "crds-existing" } },
      merge,
    );
    expect(spelt).toMatchObject({ status: 200 });
  });

  test("may gain regions", async () => {
    const more = await ask(
      "PATCH",
      `${at(tenant)}?dryRun=All`,
      { spec: { regions: ["eu-west-1", "eu-central-1"] } },
      merge,
    );
    expect(more).toMatchObject({ status: 200 });
  });

  test("of kind EvidenceBundle never changes", async () => {
    const changed = await ask("PATCH", at(bundle), { spec: { tenant: "globex" } }, merge);
    expect(changed).toMatchObject({ status: 422 });
    expect(changed.message).toContain("make another one");
  });

  test("takes its status through the subresource only, as a map of regions", async () => {
    const condition = {
      type: "Ready",
      status: "True",
      lastTransitionTime: "2026-11-23T00:00:00Z",
      reason: "Complete",
      message: "",
    };
    const status = (regions: object[]) => ({
      ...tenant,
      metadata: { name: tenant.metadata.name },
      spec: undefined,
      status: { regions, conditions: [condition] },
    });
    const apply = (manager: string, regions: object[]) =>
      ask(
        "PATCH",
        `${at(tenant)}/status?fieldManager=${manager}&force=true`,
        status(regions),
        "application/apply-patch+yaml",
      );
    expect(await apply("one", [{ name: "eu-west-1", ready: true }])).toMatchObject({ status: 200 });
    const both = await apply("two", [{ name: "us-east-1", ready: false }]);
    expect(both.object?.status.regions.map(({ name }: { name: string }) => name)).toEqual([
      "eu-west-1",
      "us-east-1",
    ]);
    const byMain = await ask("PATCH", at(tenant), { status: { mode: "Audit" } }, merge);
    expect(byMain.object?.status.mode).toBeUndefined();
  });
});

test("a Tenant of before whom anybody owns stays writable, and gets no such owner anew", async () => {
  const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  const group = "crds-older.example.com";
  const apply = "application/apply-patch+yaml";
  // biome-ignore lint/suspicious/noExplicitAny: a CRD, of a group of its own: others use the real one
  const now: any = structuredClone(crd(kinds.find(({ kind }) => kind === "Tenant")!));
  now.metadata.name = `tenants.${group}`;
  now.spec.group = group;
  now.spec.names = { kind: "Tenant", plural: "tenants" };
  const before = structuredClone(now);
  delete before.spec.versions[0].schema.openAPIV3Schema.properties.spec.properties.owners.items[
    "x-kubernetes-validations"
  ];
  const write = (body: unknown) =>
    ask("PATCH", `${crds}/${now.metadata.name}?fieldManager=older`, body, apply);
  const all = `/apis/${group}/v1/tenants`;
  const owners = (...names: string[]) => names.map((name) => ({ kind: "Group", name }));
  const tenant = (name: string, ...of: string[]) => ({
    apiVersion: `${group}/v1`,
    kind: "Tenant",
    metadata: { name },
    spec: { homeRegion: "eu-west-1", owners: owners(...of) },
  });
  try {
    await write(before);
    await until(
      "the Tenant of before to be made",
      () => ask("POST", all, tenant("old", "ops", "system:unauthenticated")),
      ({ status }) => status === 200,
    );
    await write(now);
    await until(
      "the rule to be in force",
      () => ask("POST", all + dryRun, tenant("new", "system:unauthenticated")),
      ({ status }) => status === 422,
    );
    const change = (body: unknown, path = "") => ask("PATCH", `${all}/old${path}`, body, merge);
    expect(
      await change({ spec: { displayName: "Old" }, metadata: { labels: { tier: "gold" } } }),
    ).toMatchObject({ status: 200 });
    expect(await change({ metadata: { finalizers: ["example.com/one"] } })).toMatchObject({ status: 200 });
    expect(await change({ status: { planDigest: "sha256:1" } }, "/status")).toMatchObject({ status: 200 });
    expect(await change({ spec: { owners: owners("ops", "system:unauthenticated", "dev") } })).toMatchObject({
      status: 422,
    });
    expect(await change({ spec: { owners: owners("ops") } })).toMatchObject({ status: 200 });
    await change({ metadata: { finalizers: null } });
  } finally {
    await ask("DELETE", `${crds}/${now.metadata.name}`);
  }
});

test("kubectl explain has every description to show", async () => {
  const response = await until(
    "the schemas to be published",
    () => ask("GET", `/openapi/v3/apis/${apiVersion}`),
    ({ object }) => JSON.stringify(object ?? {}).includes("EvidenceBundleList"),
  );
  const published = JSON.stringify(response.object);
  for (const words of [
    "Region that keeps the tenant's receipts",
    "Jurisdictions whose regions are allowed",
    "Challenge of the auditor",
  ]) {
    expect(published).toContain(words);
  }
});

test("kinds are found by their short names and as the category residency", async () => {
  const { object } = await ask("GET", `/apis/${apiVersion}`);
  for (const kind of kinds) {
    expect(object.resources).toContainEqual(
      expect.objectContaining({
        name: kind.plural,
        shortNames: [kind.short],
        categories: ["residency"],
        namespaced: false,
      }),
    );
  }
});

test("a Tenant of before a rule stays writable, until what breaks the rule is itself changed", async () => {
  // A copy under a name of its own: other tests use the kind meanwhile.
  const of = { group: "before.crds-test.companyos.io", plural: "oldtenants" };
  const definition = (withRules: boolean) => {
    const { spec, ...rest } = JSON.parse(
      JSON.stringify(crd(kinds.find(({ kind }) => kind === "Tenant")!), (key, value) =>
        key === "x-kubernetes-validations" && !withRules ? undefined : value,
      ),
    );
    const names = { kind: "OldTenant", listKind: "OldTenantList", plural: of.plural, singular: "oldtenant" };
    return {
      ...rest,
      metadata: { name: `${of.plural}.${of.group}` },
      spec: { ...spec, group: of.group, names },
    };
  };
  const path = `/apis/apiextensions.k8s.io/v1/customresourcedefinitions/${of.plural}.${of.group}`;
  const apply = (withRules: boolean) =>
    ask(
      "PATCH",
      `${path}?fieldManager=crds-test&force=true`,
      definition(withRules),
      "application/apply-patch+yaml",
    );
  const at = `/apis/${of.group}/v1/${of.plural}/acme`;
  const owners = [
    { kind: "ServiceAccount", name: "system:serviceaccount:ci:deployer", namespace: "ci" },
    { kind: "User", name: " " },
  ];
  try {
    expect(await apply(false)).toMatchObject({ status: 200 });
    const spec = { homeRegion: "eu-west-1", owners };
    const old = { apiVersion: `${of.group}/v1`, kind: "OldTenant", metadata: { name: "acme" }, spec };
    await until(
      "it is made",
      () => ask("POST", at.replace(/\/acme$/, ""), old),
      ({ status }) => status === 200,
    );
    expect(await apply(true)).toMatchObject({ status: 200 });
    const patched = (to: object) => ask("PATCH", `${at}?dryRun=All`, to, merge);
    await until(
      "the rules are in force",
      () => patched({ spec: { owners: [owners[1]] } }),
      ({ status }) => status === 422,
    );
    expect(await patched({ metadata: { labels: { a: "b" } } })).toMatchObject({ status: 200 });
    expect(await patched({ spec: { paused: true } })).toMatchObject({ status: 200 });
    expect(await patched({ spec: { owners: [] } })).toMatchObject({ status: 200 });
  } finally {
    await ask("DELETE", path);
  }
});
