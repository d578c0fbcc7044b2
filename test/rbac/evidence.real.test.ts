/** Who gets what from a notary: every role, every tenant, every endpoint, on a real API server. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual, promisify } from "node:util";
import { ensureTool } from "@companyos/cluster";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import {
  declareAcme,
  readyCondition,
  startTestProduct,
  type TestProduct,
  tenant,
} from "@companyos/operator/testing/product";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { prove } from "companyos/prove";
import { Agent, request } from "undici";
import { type CommandResult, companyos } from "../src/product.ts";
import { until } from "../src/until.ts";
import { commands } from "./commands.ts";
import { custom } from "./kinds.ts";
import { matrix } from "./matrix.ts";
import { knowing, kubeconfigOf } from "./people.ts";
import { productNamespace } from "./rendered.ts";

const people = [
  { name: "nobody-in-particular" },
  { name: "tenant-admin" },
  { name: "policy-admin" },
  { name: "auditor", groups: ["auditors"] },
  { name: "owner-of-acme" },
  { name: "viewer-of-globex", groups: ["globex"] },
  { name: "admin-of-a-namespace" },
  { name: "breaker", groups: ["companyos:break-glass"] },
  { name: "next-owner" },
];
const region = "eu-west-1";
const tenants = ["acme", "globex"] as const;
const rbac = "rbac.authorization.k8s.io";

let dir: string;
let product: TestProduct;
let notary: string;
let dispatcher: Agent;
let size: number;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-evidence-"));
  product = await startTestProduct({ args: await knowing(dir, people) });
  const { kube } = product;
  for (const role of ["tenant-admin", "policy-admin"])
    await bind(`companyos-${role}`, { kind: "User", name: role });
  await bind("companyos-auditor", { kind: "Group", name: "auditors" });
  await declareAcme(kube);
  await kube.create(custom("Tenant"), tenant("globex"));
  await until(
    "globex to be Ready",
    () => readyCondition(kube, "globex"),
    (seen) => seen?.status === "True",
  );
  const owner = (kind: string, name: string, role: string) => ({ spec: { owners: [{ kind, name, role }] } });
  await kube.patch(custom("Tenant"), "acme", "merge", owner("User", "owner-of-acme", "admin"));
  await kube.patch(custom("Tenant"), "globex", "merge", owner("Group", "globex", "view"));
  await kube.create(resources.roleBindings as Resource, {
    apiVersion: `${rbac}/v1`,
    metadata: { name: "by-hand", namespace: "acme" },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: "admin" },
    subjects: [{ apiGroup: rbac, kind: "User", name: "admin-of-a-namespace" }],
  });
  notary = product.operatorProcess.notaries[region]!;
  const map = await kube.get(resources.configMaps, "companyos-ca", { namespace: productNamespace });
  dispatcher = new Agent({ connect: { ca: map.data!["ca.crt"]! } });
  for (const name of tenants)
    await until(
      `receipts of ${name}`,
      () => ask({ path: `/v1/receipts?tenant=${name}` }, "auditor"),
      (seen) => seen === 200,
    );
  size = Number((await text({ path: "/checkpoint" })).split("\n")[1]);
}, 240_000);

afterAll(async () => {
  await dispatcher?.close();
  await product?.stop();
  await rm(dir, { recursive: true, force: true });
}, 120_000);

async function bind(role: string, subject: { kind: string; name: string }): Promise<void> {
  await product.kube.create(resources.clusterRoleBindings as Resource, {
    apiVersion: `${rbac}/v1`,
    metadata: { name: `test-${role}` },
    roleRef: { apiGroup: rbac, kind: "ClusterRole", name: role },
    subjects: [{ apiGroup: rbac, ...subject }],
  });
}

interface Question {
  readonly path: string;
  readonly body?: object;
}

async function send({ path, body }: Question, token?: string) {
  return request(notary + path, {
    dispatcher,
    method: body ? "POST" : "GET",
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

async function ask(question: Question, token?: string): Promise<number> {
  const { statusCode, body } = await send(question, token);
  await body.dump({ limit: 1 << 30 });
  return statusCode;
}

const text = async (question: Question, token?: string) => (await send(question, token)).body.text();

/** Questions whose answer depends on who asks. */
const guarded: Readonly<Record<string, () => Question>> = {
  "list acme": () => ({ path: "/v1/receipts?tenant=acme" }),
  "list globex": () => ({ path: "/v1/receipts?tenant=globex" }),
  "list a stranger": () => ({ path: "/v1/receipts?tenant=never-declared" }),
  "prove acme": () => ({ path: "/v1/prove", body: { tenant: "acme" } }),
  "prove globex": () => ({ path: "/v1/prove", body: { tenant: "globex" } }),
  "the log's chain": () => ({ path: "/v1/receipts?chain=_log" }),
  entries: () => ({ path: `/tile/entries/000.p/${size}` }),
};
const theirs: Readonly<Record<string, string>> = { "owner-of-acme": "acme", "viewer-of-globex": "globex" };

/** The status of each answer: what the matrix says of somebody. */
function expected(who: string): Record<string, unknown> {
  const sees = matrix.find(({ tried }) => tried.includes(who))?.sees;
  const status = (question: string) => {
    if (!sees) return 401;
    const may =
      question === "entries" || question === "the log's chain"
        ? sees.log
        : sees.evidence === "every" || (sees.evidence === "own" && question.endsWith(` ${theirs[who]}`));
    // A name without receipts is no secret to those who may ask for it.
    if (question === "list a stranger" && may) return 404;
    return may ? 200 : 403;
  };
  return Object.fromEntries(Object.keys(guarded).map((question) => [question, status(question)]));
}

const everybody = [...matrix.flatMap(({ tried }) => tried), "nobody without a token", "a made up token"];

async function tokenOf(who: string): Promise<string | undefined> {
  if (who === "nobody without a token") return undefined;
  if (who === "a made up token") return "made-up";
  if (!who.startsWith("serviceaccount ")) return who;
  return product.cluster.serviceAccountToken(productNamespace, who.slice("serviceaccount ".length));
}

async function answersTo(who: string): Promise<Record<string, number>> {
  const token = await tokenOf(who);
  const responses: Record<string, number> = {};
  for (const [name, question] of Object.entries(guarded)) responses[name] = await ask(question(), token);
  return responses;
}

describe("what a notary tells whom", () => {
  test.each(everybody)("%s", async (who) => {
    // Owners are given their rights a moment after the Tenant names them, and a notary remembers for a while what it was told.
    if (who in theirs)
      await until(
        `rights of ${who}`,
        () => answersTo(who),
        (seen) => isDeepStrictEqual(seen, expected(who)),
      );
    expect(await answersTo(who)).toEqual(expected(who));
  });

  test.each(everybody)("%s sees what is public", async (who) => {
    const token = await tokenOf(who);
    const paths = ["/checkpoint", `/tile/0/000.p/${size}`, "/v1/identity", "/livez", "/readyz", "/metrics"];
    for (const path of paths)
      expect({ path, status: await ask({ path }, token) }).toEqual({ path, status: 200 });
  });

  const shipment = {
    path: "/v1/journals/AAAAAAAAAAAAAAAAAAAAAA/records",
    body: { from: 0, cluster: "test", segments: [], records: [] },
  };
  test.each(everybody)("%s hands in records only as one of the senders", async (who) => {
    const sees = matrix.find(({ tried }) => tried.includes(who))?.sees;
    expect(await ask(shipment, await tokenOf(who))).toBe(!sees ? 401 : sees.submits ? 200 : 403);
  });
});

test("an owner proves the tenant as themselves, from their own kubeconfig", async () => {
  const { url: server, caPem: ca } = product.cluster;
  const kubeconfig = await kubeconfigOf({ dir, server, ca }, "owner-of-acme");
  const out = join(dir, "acme.evidence");
  const flags = {
    kubeconfig,
    namespace: productNamespace,
    notaries: Object.entries(product.operatorProcess.notaries).map(([region, url]) => ({ region, url })),
    log: [],
    lost: [],
    since: [],
    timeout: 30,
  };
  expect(await prove({ ...flags, tenant: "acme", out })).toBe(0);
  expect(await readFile(out, "utf8")).toContain("log ");
  await expect(prove({ ...flags, tenant: "globex", out: join(dir, "no") })).rejects.toThrow(/globex/);
});

test("who signs in with a client certificate asks as a ServiceAccount that owns the tenant beside them", async () => {
  const { kube, cluster } = product;
  const { kubeconfig } = await cluster.createUser("owner-by-certificate");
  const notaries = Object.entries(product.operatorProcess.notaries).map((pair) => pair.join("="));
  const env = {
    KUBECONFIG: kubeconfig,
    COMPANYOS_NOTARIES: notaries.join(","),
    COMPANYOS_DEV: join(dir, "no-dev.json"),
  };
  const list = () => companyos(["receipts", "list", "--tenant", "acme"], env);
  const { spec } = await kube.get(custom("Tenant"), "acme");
  const own = (...owners: object[]) =>
    kube.patch(custom("Tenant"), "acme", "merge", { spec: { owners: [...spec!.owners, ...owners] } });
  try {
    await own({ kind: "User", name: "owner-by-certificate", role: "edit" });
    const refused = await until("an owner who is told what is lacking", list, ({ stderr }) =>
      stderr.includes("spec.owners"),
    );
    expect(refused).toMatchObject({ code: 2, stdout: "" });
    // What is public takes no token.
    const trust = ["trust", "init", "--out", join(dir, "by-certificate.json")];
    expect(await companyos(trust, env)).toMatchObject({ code: 0, stderr: "" });

    await kube.create(resources.serviceAccounts as Resource, {
      apiVersion: "v1",
      metadata: { name: "evidence", namespace: "acme" },
    });
    await own(
      { kind: "User", name: "owner-by-certificate", role: "edit" },
      { kind: "ServiceAccount", name: "evidence", namespace: "acme", role: "view" },
    );
    const listed = await until("the owner's receipts", list, ({ code }) => code === 0, { timeoutMs: 60_000 });
    expect(listed.stdout).toMatch(/RECEIPT/);
    expect(await companyos(["receipts", "list", "--tenant", "globex"], env)).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/no receipt of tenant globex: .*may not be asked/),
    });
  } finally {
    await kube.patch(custom("Tenant"), "acme", "merge", { spec: { owners: spec!.owners } });
  }
}, 180_000);

describe("what a message tells somebody to run works as them", () => {
  const owners = { "owner-of-acme": "acme", "viewer-of-globex": "globex" } as const;
  const env: Record<string, Record<string, string>> = {};
  let kubectl: string;

  beforeAll(async () => {
    kubectl = await ensureTool("kubectl");
    const { url: server, caPem: ca } = product.cluster;
    const notaries = Object.entries(product.operatorProcess.notaries).map((pair) => pair.join("="));
    const shared = {
      COMPANYOS_NOTARIES: notaries.join(","),
      COMPANYOS_COMPLETION_MS: "60000",
      COMPANYOS_DEV: join(dir, "no-dev.json"),
    };
    for (const who of Object.keys(owners))
      env[who] = { ...shared, KUBECONFIG: await kubeconfigOf({ dir, server, ca }, who) };
    const admin = await product.cluster.createUser("admin", ["system:masters"]);
    env.admin = { ...shared, KUBECONFIG: admin.kubeconfig };
    await writeFile(join(dir, "kustomization.yaml"), "configMapGenerator: [{ name: a, literals: [b=c] }]\n");
    const trusted = await run("owner-of-acme", [
      "companyos",
      "trust",
      "init",
      "--out",
      join(dir, "trust.json"),
    ]);
    expect(trusted).toMatchObject({ code: 0 });
  }, 120_000);

  async function run(who: string, [program, ...args]: readonly string[]): Promise<CommandResult> {
    if (program === "companyos") return companyos(args, env[who]!);
    const options = { env: { ...process.env, ...env[who] } };
    return promisify(execFile)(kubectl, args, options).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }: CommandResult) => ({ code, stdout, stderr }),
    );
  }

  const tried = Object.entries(commands).flatMap(([command, how]) => {
    if (!("run" in how)) return [];
    const people = how.who === "owner" ? Object.entries(owners) : [["admin", "acme"] as const];
    return people.map(([who, of]) => ({ command, who, of, how }));
  });
  test.each(tried)(
    "$command, as $who",
    async ({ who, of, how }) => {
      const filled = (word: string) => word.replaceAll("TENANT", of).replaceAll("DIR", dir);
      const { code, stdout, stderr } = await run(who, how.run.map(filled));
      expect({ code, stdout, stderr }).toMatchObject({
        code: how.code ?? 0,
        stdout: expect.stringMatching(new RegExp(filled(how.shows.source), how.shows.flags)),
      });
    },
    60_000,
  );

  test.each(Object.entries(owners))(
    "%s reads the events of %s in its namespace, and one receipt by its id alone",
    async (who, of) => {
      const events = await until(
        `events about ${of}`,
        () => run(who, ["kubectl", "-n", of, "events", "--for", `tenant/${of}`]),
        ({ stdout }) => stdout.includes("Provisioned"),
      );
      expect(events.code).toBe(0);
      // An administrator sees both, and each of them once.
      const all = await run("admin", ["kubectl", "describe", "tenant", of]);
      expect(
        all.stdout.split("\n").filter((line) => / Provisioned .*companyos.io\/operator/.test(line)),
      ).toHaveLength(1);
      const listed = await run(who, [
        "companyos",
        "receipts",
        "list",
        "--tenant",
        of,
        "--limit",
        "1",
        "--output",
        "json",
      ]);
      const [{ disclosed }] = JSON.parse(listed.stdout).receipts;
      const shown = await run(who, [
        "companyos",
        "receipts",
        "show",
        disclosed.rid,
        "--trust",
        join(dir, "trust.json"),
      ]);
      expect(shown).toMatchObject({ code: 0, stdout: expect.stringMatching(/^VALID/m) });
      // What a shell completes are names that they may know.
      const completed = async (as: string, kind: string) =>
        (await run(as, ["companyos", "__complete", kind])).stdout.trim().split("\n");
      expect(await completed(who, "tenants")).toEqual([of]);
      expect(await completed("admin", "tenants")).toEqual(["acme", "globex"]);
      expect(await completed(who, "regions")).toEqual(["eu-west-1", "us-east-1"]);
      expect(await completed(who, "namespaces")).toEqual([""]);
      expect(await completed("admin", "namespaces")).toContain(of);
      const other = of === "acme" ? "globex" : "acme";
      for (const words of [
        ["get", "tenant", other],
        ["get", "tenants"],
        ["get", "residencypolicies"],
        ["-n", "default", "get", "events"],
        ["-n", other, "get", "events"],
        ["-n", other, "get", "pods"],
      ])
        expect(await run(who, ["kubectl", ...words])).toMatchObject({
          code: 1,
          stderr: expect.stringContaining("Forbidden"),
        });
      expect(await run(who, ["companyos", "receipts", "list", "--tenant", other])).toMatchObject({ code: 2 });
    },
    60_000,
  );
});

describe("what owners are given", () => {
  const role = "companyos:owners:acme";
  const roles = resources.clusterRoles as Resource;
  const bindings = resources.clusterRoleBindings as Resource;
  const lists = (who: string) => ask({ path: "/v1/receipts?tenant=acme" }, who);

  test("is restored when somebody changes it", async () => {
    const { kube } = product;
    const before = await kube.get(roles, role);
    const rules = [
      ...(before.rules as object[]),
      { apiGroups: [""], resources: ["secrets"], verbs: ["get"] },
    ];
    await kube.patch(roles, role, "merge", { rules });
    await kube.delete(bindings, role);
    await until("the role", async () => {
      const { rules } = await kube.get(roles, role);
      return JSON.stringify(rules) === JSON.stringify(before.rules);
    });
    await until("the binding", () => kube.find(bindings, role));
    await until(
      "the owner",
      () => lists("owner-of-acme"),
      (seen) => seen === 200,
    );
  });

  test("goes with the owner that left, and with the Tenant; a new Tenant of the name gives it to its own", async () => {
    const { kube } = product;
    const none = { spec: { owners: null, deletionPolicy: "Purge" } };
    await kube.patch(custom("Tenant"), "acme", "merge", none);
    await until(
      "the owner to be out",
      () => lists("owner-of-acme"),
      (seen) => seen === 403,
    );
    const owners = (name: string) => ({ owners: [{ kind: "User", name, role: "admin" }] });
    await kube.patch(custom("Tenant"), "acme", "merge", { spec: owners("owner-of-acme") });
    await until(
      "the owner to be in",
      () => lists("owner-of-acme"),
      (seen) => seen === 200,
    );

    const { uid: oldUid } = (await kube.get(custom("Tenant"), "acme")).metadata;
    await kube.delete(custom("Tenant"), "acme");
    await until(
      "role and binding to be gone",
      async () => !(await kube.find(roles, role)) && !(await kube.find(bindings, role)),
      Boolean,
      { timeoutMs: 60_000 },
    );
    await until(
      "the owner to be out",
      () => lists("owner-of-acme"),
      (seen) => seen === 403,
    );

    await kube.create(custom("Tenant"), tenant("acme", owners("next-owner")));
    await until(
      "the next owner to read",
      () => lists("next-owner"),
      (seen) => seen === 200,
      { timeoutMs: 60_000 },
    );
    expect(await lists("owner-of-acme")).toBe(403);
    const { uid } = (await kube.get(custom("Tenant"), "acme")).metadata;
    const subs = async (who: string) => {
      const page = JSON.parse(await text({ path: "/v1/receipts?tenant=acme&limit=1000" }, who));
      return new Set((page.receipts as { claims: { sub: string } }[]).map(({ claims }) => claims.sub));
    };
    expect((await subs("next-owner")).size).toBe(1);
    const { rules } = (await kube.get(roles, role)) as KubeObject;
    expect(JSON.stringify(rules)).toContain(`acme:${uid}`);
    expect(JSON.stringify(rules)).not.toContain(oldUid);
  }, 240_000);
});
