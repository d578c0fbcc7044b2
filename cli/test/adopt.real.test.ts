import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import {
  declareAcme,
  readyCondition,
  startTestProduct,
  type TestProduct,
  tenant,
} from "@companyos/operator/testing/product";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { companyos } from "./command.ts";

const { tenants } = untyped(residencyResources);
const secrets = { group: "", version: "v1", plural: "secrets", kind: "Secret", namespaced: true } as Resource;
const uidLabel = "residency.companyos.io/tenant-uid";
const names = ["north", "south", "east"];
let product: TestProduct;
let kubeconfig: string;

beforeAll(async () => {
  product = await startTestProduct();
  const { kube, cluster } = product;
  await declareAcme(kube);
  // An administrator, in no group that the guards let pass.
  ({ kubeconfig } = await cluster.createUser("anna", ["system:masters"]));
  for (const name of names) {
    await kube.create(tenants!, tenant(name));
    await ready(name);
    const secret = { metadata: { name: "key", namespace: name }, stringData: { key: "s3cret" } };
    await kube.create(secrets, secret as KubeObject);
  }
}, 180_000);
afterAll(() => product?.stop(), 180_000);

async function ready(name: string): Promise<void> {
  const isReady = async () => (await readyCondition(product.kube, name))?.status === "True";
  await until(`tenant ${name} to be Ready`, isReady);
}

async function anew(name: string, spec: object = {}): Promise<void> {
  const { kube } = product;
  await kube.delete(tenants!, name);
  await until(
    `tenant ${name} to be gone`,
    () => kube.find(tenants!, name),
    (seen) => !seen,
  );
  await kube.create(tenants!, tenant(name, spec));
  await until(
    `tenant ${name} to be told`,
    () => readyCondition(kube, name),
    (seen) => seen?.reason === "NamespaceConflict",
  );
}

interface Item {
  readonly namespace: string;
  readonly formerUid: string;
  readonly uid: string;
  readonly state: string;
  readonly code?: string;
  readonly message?: string;
  readonly objects: { readonly secrets: number; readonly serviceaccounts: number } | null;
  readonly rights: { readonly name: string; readonly subjects: readonly string[] }[] | null;
}

async function adopt(...words: string[]): Promise<{ code: number; items: Item[]; stderr: string }> {
  const flags = ["--kubeconfig", kubeconfig, "--output", "json"];
  const { code, stdout, stderr } = await companyos("adopt", ...words, ...flags);
  return {
    code,
    stderr,
    items: stdout === "" ? [] : ((JSON.parse(stdout) as { items?: Item[] }).items ?? []),
  };
}

/** What the command may change. What the operator has still to say of Tenants that were made anew is none of that. */
const sides = async () => {
  const { kube } = product;
  const asked = (await kube.list(tenants!)).items.map(({ metadata, spec }) => [
    metadata.name,
    metadata.generation,
    spec,
  ]);
  const agreed = (await kube.list(resources.namespaces)).items.map(({ metadata }) => [
    metadata.name,
    metadata.labels,
    metadata.annotations?.["residency.companyos.io/adopt-by"],
  ]);
  return { asked, agreed };
};

test("a cluster whose Tenants were all made anew is handed over in one go, and looking changes nothing", async () => {
  const { kube } = product;
  const former = new Map<string, string>();
  for (const name of names) former.set(name, (await kube.get(tenants!, name)).metadata.uid!);
  for (const name of names) await anew(name);
  const before = await sides();
  const looked = await adopt("--all", "--dry-run");
  expect(looked).toMatchObject({ code: 0, stderr: "" });
  expect(looked.items.map(({ namespace, state }) => [namespace, state]).sort()).toEqual(
    [...names].sort().map((name) => [name, "adoptable"]),
  );
  for (const { namespace, formerUid, uid, objects } of looked.items) {
    expect(formerUid).toBe(former.get(namespace));
    expect(uid).toBe((await kube.get(tenants!, namespace)).metadata.uid);
    expect(objects?.secrets).toBe(1);
  }
  expect(await sides()).toEqual(before);
  // Nobody is there to ask.
  expect(await adopt("--all")).toMatchObject({ code: 2, stderr: expect.stringContaining("--yes") });
  expect(await sides()).toEqual(before);

  const done = await adopt("--all", "--yes");
  expect(done.items.map(({ state, message }) => ({ state, message }))).toEqual(
    names.map(() => ({ state: "adopted" })),
  );
  expect(done.code).toBe(0);
  for (const name of names) await ready(name);
  expect(await adopt("--all", "--yes")).toEqual({ code: 0, items: [], stderr: "" });
});

test("a namespace that its Tenant does not claim yet is claimed and handed over, by name", async () => {
  const { kube } = product;
  await kube.create(resources.namespaces, { metadata: { name: "annexe" } });
  await kube.create(resources.namespaces, { metadata: { name: "lodge" } });
  await kube.create(tenants!, tenant("lodge"));
  expect(await adopt("--all", "--yes")).toMatchObject({
    code: 1,
    items: [
      { namespace: "lodge", state: "unowned", message: expect.stringContaining("adopt lodge --tenant") },
    ],
  });
  expect((await kube.get(resources.namespaces, "lodge")).metadata.annotations).toBeUndefined();
  await kube.delete(tenants!, "lodge");
  await until(
    "tenant lodge to be gone",
    () => kube.find(tenants!, "lodge"),
    (seen) => !seen,
  );
  expect(await adopt("annexe", "none", "acme", "--tenant", "acme", "--yes")).toMatchObject({
    code: 1,
    items: [
      { namespace: "annexe", state: "adopted", formerUid: null },
      { namespace: "none", state: "refused", code: "NAMESPACE_MISSING" },
      { namespace: "acme", state: "adopted" },
    ],
  });
  const acme = await kube.get(tenants!, "acme");
  expect(acme.spec).toMatchObject({ namespaces: ["annexe"], adopt: ["annexe"] });
  expect((await kube.get(resources.namespaces, "annexe")).metadata.labels?.[uidLabel]).toBe(
    acme.metadata.uid,
  );
  expect(await adopt("none", "--tenant", "nobody")).toMatchObject({ code: 2, items: [] });
});

test("the product's own namespace is no tenant's to have, whatever it is called", async () => {
  await product.kube.create(resources.namespaces, { metadata: { name: "residency" } });
  const own = ["residency", "--tenant", "acme", "--dry-run"];
  expect(await adopt(...own)).toMatchObject({ code: 0, items: [{ state: "adoptable" }] });
  expect(await adopt(...own, "-n", "residency")).toMatchObject({
    code: 1,
    items: [{ state: "refused", code: "NAMESPACE_RESERVED" }],
  });
});

test("with the rights for one side only it says that one, and who is to say the other; then it goes on", async () => {
  const { kube, cluster } = product;
  await anew("north");
  const tim = await cluster.createUser("tim", ["tenant-admins"]);
  const role = "rbac.authorization.k8s.io";
  const may = (name: string, resource: string, apiGroup: string, verbs: string[]) =>
    cluster.request("POST", `/apis/${role}/v1/clusterroles`, {
      apiVersion: `${role}/v1`,
      kind: "ClusterRole",
      metadata: { name },
      rules: [{ apiGroups: [apiGroup], resources: [resource], verbs }],
    });
  await may("tim-tenants", "tenants", "residency.companyos.io", ["get", "list", "patch"]);
  await may("tim-namespaces", "namespaces", "", ["list"]);
  const bind = (name: string) =>
    cluster.request("POST", `/apis/${role}/v1/clusterrolebindings`, {
      apiVersion: `${role}/v1`,
      kind: "ClusterRoleBinding",
      metadata: { name },
      roleRef: { apiGroup: role, kind: "ClusterRole", name },
      subjects: [{ apiGroup: role, kind: "User", name: "tim" }],
    });
  const byTim = async () => {
    const flags = ["--yes", "--kubeconfig", tim.kubeconfig, "--output", "json"];
    return companyos("adopt", "north", "--tenant", "north", ...flags);
  };
  await bind("tim-tenants");
  let answer = await byTim();
  await until("tim's rights to Tenants", async () => {
    if (answer.code === 2) answer = await byTim();
    return answer.code === 1;
  });
  const itemOf = ({ stdout }: typeof answer) => (JSON.parse(stdout) as { items: Item[] }).items[0];
  // He may not even read the namespace.
  expect(itemOf(answer)).toMatchObject({
    state: "waiting",
    code: "NOT_PERMITTED",
    formerUid: null,
    message: expect.stringContaining("WAITING for the namespace's side"),
  });
  expect((await kube.get(tenants!, "north")).spec?.adopt).toEqual(["north"]);
  const all = await companyos("adopt", "--all", "--kubeconfig", tim.kubeconfig);
  expect(all).toMatchObject({ code: 2, stderr: expect.stringContaining("you may not list namespaces") });

  await bind("tim-namespaces");
  await until("tim's rights to namespaces", async () => {
    answer = await byTim();
    return itemOf(answer)?.formerUid !== null;
  });
  expect(answer.code).toBe(1);
  const item = itemOf(answer);
  expect(item).toMatchObject({ state: "waiting", code: "NOT_PERMITTED", objects: { secrets: null } });
  expect(item!.message).toContain("kubectl annotate --overwrite namespace north");
  expect((await kube.get(tenants!, "north")).spec?.adopt).toEqual(["north"]);

  expect(await adopt("north", "--tenant", "north", "--yes")).toMatchObject({
    code: 0,
    items: [{ state: "adopted" }],
  });
  await ready("north");
});

test("a Tenant that the API server refuses stops none of the others, and no half of its hand-over is left", async () => {
  const { kube } = product;
  const name = "east-is-frozen";
  // First: the policy would keep a Tenant that is being deleted, too.
  for (const tenant of ["east", "south"]) await anew(tenant);
  await kube.create(
    resources.validatingAdmissionPolicies as Resource,
    {
      metadata: { name },
      spec: {
        matchConstraints: {
          resourceRules: [
            {
              apiGroups: ["residency.companyos.io"],
              apiVersions: ["v1"],
              resources: ["tenants"],
              operations: ["UPDATE"],
            },
          ],
        },
        validations: [
          {
            expression: "object.metadata.name != 'east' || !has(object.spec.adopt)",
            message: "east is frozen",
          },
        ],
      },
    } as KubeObject,
  );
  await kube.create(
    resources.validatingAdmissionPolicyBindings as Resource,
    {
      metadata: { name },
      spec: { policyName: name, validationActions: ["Deny"] },
    } as KubeObject,
  );
  await until("the policy to refuse", async () => {
    const patch = { spec: { adopt: ["east"] } };
    return kube.patch(tenants!, "east", "merge", patch, { dryRun: true }).then(
      () => false,
      (error) => error.message.includes("east is frozen"),
    );
  });
  const { code, items } = await adopt("--all", "--yes");
  expect(code).toBe(1);
  expect(items.map(({ namespace, state, code }) => [namespace, state, code])).toEqual([
    ["east", "refused", "API_REFUSED"],
    ["south", "adopted", undefined],
  ]);
  expect(items[0]!.message).toContain("east is frozen");
  const { metadata } = await kube.get(resources.namespaces, "east");
  expect(metadata.annotations).not.toHaveProperty(["residency.companyos.io/adopt-by"]);

  await kube.delete(resources.validatingAdmissionPolicyBindings as Resource, name);
  await until(
    "the policy to be gone",
    () => adopt("--all", "--yes"),
    (seen) => seen.code === 0,
  );
  await ready("east");
});

test("the plan says who keeps rights in the namespace, whoever it goes to", async () => {
  const { kube } = product;
  const role = "rbac.authorization.k8s.io";
  await anew("north");
  await kube.create(resources.roleBindings, {
    metadata: { name: "back-door", namespace: "north" },
    roleRef: { apiGroup: role, kind: "ClusterRole", name: "admin" },
    subjects: [{ apiGroup: role, kind: "User", name: "lena" }],
  } as KubeObject);
  await kube.create(resources.serviceAccounts as Resource, {
    metadata: { name: "robot", namespace: "north" },
  });
  const { items } = await adopt("north", "--tenant", "north", "--dry-run");
  expect(items[0]!.rights).toEqual([
    { name: "back-door", role: "ClusterRole admin", subjects: ["User lena"] },
  ]);
  expect(items[0]!.objects!.serviceaccounts).toBe(2);
  const words = ["adopt", "north", "--tenant", "north", "--kubeconfig", kubeconfig, "--dry-run"];
  const { stdout } = await companyos(...words);
  expect(stdout).toContain(
    "north: warning: RoleBinding back-door stays and gives ClusterRole admin to User lena",
  );
  expect(stdout).toContain("north: warning: its ServiceAccounts stay");
});

test("while the operator is away it waits for as long as it is told, says so, and goes on when run again", async () => {
  await anew("south");
  await product.stopOperator();
  expect(await adopt("south", "--tenant", "south", "--yes", "--timeout", "0")).toMatchObject({
    code: 1,
    items: [{ state: "waiting", message: expect.stringContaining("NamespaceConflict") }],
  });
  await product.startOperator();
  expect(await adopt("south", "--tenant", "south", "--yes")).toMatchObject({
    code: 0,
    items: [{ state: "adopted" }],
  });
});

test("for people there is a table of what changes hands, and the reasons below it", async () => {
  const { stdout, code } = await companyos(
    "adopt",
    "acme",
    "none",
    "--tenant",
    "acme",
    "--kubeconfig",
    kubeconfig,
  );
  expect(code).toBe(1);
  expect(stdout).toMatch(/^NAMESPACE +FORMER TENANT +FORMER UID +TENANT +UID +PODS +SECRETS/);
  expect(stdout).toContain("none: there is no such namespace [NAMESPACE_MISSING]");
});
