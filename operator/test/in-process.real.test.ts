import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { residencyResources } from "@companyos/inventory";
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { createDecider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ApiResponse, as, type Call, merge } from "./as.ts";
import { declareAcme, readyCondition, startTestProduct, type TestProduct, tenant } from "./product.ts";

const { tenants, regions } = untyped(residencyResources);
const restricted = "node-restriction.kubernetes.io/residency-region";
const topology = "topology.kubernetes.io/region";
const admission = "/apis/admissionregistration.k8s.io/v1";
const policiesPath = `${admission}/validatingadmissionpolicies`;
const configurations = `${admission}/validatingwebhookconfigurations`;

let product: TestProduct;
/** Group system:masters: may everything that only RBAC forbids. */
let admin: Call;
/** The same in the break-glass group. */
let breakGlass: Call;
/** Every right by RBAC, no group. */
let mallory: Call;
const closing: (() => Promise<void>)[] = [];

beforeAll(async () => {
  product = await startTestProduct();
  const { cluster, kube } = product;
  // Its registration stays for now, and nobody answers.
  await product.stopWebhook();
  const users = await Promise.all([
    as(cluster, "root", ["system:masters"]),
    as(cluster, "keeper", ["system:masters", "companyos:break-glass"]),
    as(cluster, "mallory", [], true),
  ]);
  [admin, breakGlass, mallory] = users as [Call, Call, Call];
  closing.push(...users.map((user) => () => user.close()));
  await declareAcme(kube);
  await until("every node to be in the map", async () => {
    const text = JSON.stringify((await admin("GET", `${policiesPath}/companyos-actual-node`)).object);
    return ["eu-west-1-0", "eu-west-1-1", "us-east-1-0", "us-east-1-1"].every((name) => text.includes(name));
  });
  await until("the policies to be in force", async () => {
    const { status } = await admin(
      "POST",
      "/api/v1/namespaces/acme/pods?dryRun=All",
      named("probe", "ghost"),
    );
    const object = await admin("DELETE", `${configurations}/companyos-residency?dryRun=All`);
    const bare = await admin("POST", "/api/v1/namespaces/acme/pods?dryRun=All", waiting("bare"));
    return status === 403 && object.status === 403 && bare.status === 201 && (await namespacesGuarded());
  });
}, 180_000);
afterAll(async () => {
  for (const close of closing) await close();
  await product?.stop();
}, 180_000);

const spec = { containers: [{ name: "main", image: "nginx:1.29" }] };
const pod = (name: string, more: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { ...spec, ...more },
});
const named = (name: string, node: string, annotations = {}): KubeObject => ({
  ...pod(name, { nodeName: node }),
  metadata: { name, annotations },
});
const waiting = (name: string) => pod(name, { schedulerName: "nobody" });
const namespace = (name: string, labels: Record<string, string> = {}, annotations = {}) => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: Object.fromEntries(
      Object.entries(labels).map(([key, value]) => [`residency.companyos.io/${key}`, value]),
    ),
    annotations,
  },
});
const pods = "/api/v1/namespaces/acme/pods";

async function bind(
  name: string,
  node: string,
  how: { legacy?: boolean; kind?: string; labels?: object; by?: Call } = {},
): Promise<ApiResponse> {
  const target: Record<string, string> = { apiVersion: "v1", name: node };
  if (how.kind !== "") target.kind = how.kind ?? "Node";
  const body = { apiVersion: "v1", kind: "Binding", metadata: { name, labels: how.labels }, target };
  const path = how.legacy ? "/api/v1/namespaces/acme/bindings" : `${pods}/${name}/binding`;
  return (how.by ?? admin)("POST", path, body);
}

function refusedBy(policyName: string, response: ApiResponse): void {
  expect(response.message).toContain(`(policy ${policyName})`);
  expect(response.status).toBe(403);
}
const passed = (response: ApiResponse) =>
  expect([response.message, response.status < 300]).toEqual(["", true]);

async function labelOf(node: string, key = restricted): Promise<string | undefined> {
  return (await admin("GET", `/api/v1/nodes/${node}`)).object.metadata?.labels?.[key];
}

async function namespacesGuarded(): Promise<boolean> {
  const forged = namespace("probe", { x: "y" });
  return (await admin("POST", "/api/v1/namespaces?dryRun=All", forged)).status === 403;
}

describe("the map of nodes", () => {
  test("a node counts once it has appeared, and can be bound to", async () => {
    passed(await admin("POST", pods, waiting("early")));
    await product.cluster.addNode({ name: "eu-west-1-9", region: "eu-west-1", zone: "eu-west-1a" });
    await until(
      "the label",
      () => labelOf("eu-west-1-9"),
      (seen) => seen === "eu-west-1",
    );
    await until("the policy", async () => {
      const { object } = await admin("GET", `${policiesPath}/companyos-actual-node`);
      return JSON.stringify(object.spec).includes("'eu-west-1-9'");
    });
    await until(
      "the binding",
      () => bind("early", "eu-west-1-9"),
      (seen) => seen.status === 201,
    );
  });

  test("a kubelet that rewrites its own labels moves nothing, and is reported", async () => {
    const { cluster } = product;
    await cluster.addNode({ name: "us-east-1-liar", region: "us-east-1" });
    await until(
      "the label",
      () => labelOf("us-east-1-liar"),
      (seen) => seen === "us-east-1",
    );
    const kubelet = await as(cluster, "system:node:us-east-1-liar", ["system:nodes"]);
    closing.push(() => kubelet.close());
    const path = "/api/v1/nodes/us-east-1-liar";
    const lie = { metadata: { labels: { [topology]: "eu-west-1" } } };
    passed(await kubelet("PATCH", path, lie, merge));
    passed(
      await kubelet(
        "PATCH",
        `${path}/status`,
        { ...lie, spec: { providerID: "aws:///eu-west-1a/i-1" } },
        merge,
      ),
    );
    passed(await kubelet("PATCH", path, { spec: { providerID: "aws:///eu-west-1a/i-1" } }, merge));
    expect(await labelOf("us-east-1-liar", topology)).toBe("eu-west-1");
    for (const way of [path, `${path}/status`]) {
      const response = await kubelet(
        "PATCH",
        way,
        { metadata: { labels: { [restricted]: "eu-west-1" } } },
        merge,
      );
      expect(response.status).toBe(403);
    }
    expect(await labelOf("us-east-1-liar")).toBe("us-east-1");
    passed(await admin("POST", pods, waiting("lured")));
    refusedBy("companyos-actual-node", await bind("lured", "us-east-1-liar"));
    await until("the Region's condition", async () => {
      const { status } = await product.kube.get(regions!, "us-east-1");
      const condition = status?.conditions?.find(({ type }: { type: string }) => type === "NodesVouched");
      return condition?.reason === "NodeRegionMismatch" && condition.message.includes("us-east-1-liar");
    });
    await until("the metric", async () => {
      const metrics = await (await fetch(product.metrics.operator)).text();
      return metrics.includes('residency_nodes{region="us-east-1",state="mismatch"} 1');
    });
    await until("the event", async () => {
      const { items } = await product.kube.list(resources.events as Resource, { namespace: "default" });
      return items.some(
        ({ reason, regarding }) => reason === "NodeRegionMismatch" && regarding?.name === "us-east-1-liar",
      );
    });
    passed(await admin("DELETE", path));
  });

  test("a node made again elsewhere under its old name is nobody's until an administrator says so", async () => {
    const { cluster } = product;
    await cluster.addNode({ name: "nomad", region: "us-east-1" });
    await until(
      "the label",
      () => labelOf("nomad"),
      (seen) => seen === "us-east-1",
    );
    passed(await admin("DELETE", "/api/v1/nodes/nomad"));
    await until("the map without it", async () => {
      const { object } = await admin("GET", `${policiesPath}/companyos-actual-node`);
      return !JSON.stringify(object.spec).includes("'nomad'");
    });
    await cluster.addNode({ name: "nomad", region: "eu-west-1" });
    // Nodes are taken up in their order: once a later one has its label, this one would have it too.
    await cluster.addNode({ name: "eu-west-1-later", region: "eu-west-1", zone: "eu-west-1a" });
    await until(
      "a later node's label",
      () => labelOf("eu-west-1-later"),
      (seen) => seen === "eu-west-1",
    );
    expect(await labelOf("nomad")).toBeUndefined();
    passed(await admin("POST", pods, waiting("follower")));
    refusedBy("companyos-actual-node", await bind("follower", "nomad"));
    const label = { metadata: { labels: { [restricted]: "eu-west-1" } } };
    passed(await admin("PATCH", "/api/v1/nodes/nomad", label, merge));
    await until(
      "the binding",
      () => bind("follower", "nomad"),
      (seen) => seen.status === 201,
    );
  });
});

describe("what was installed", () => {
  const objects: [string, Resource][] = [
    "companyos-actual-node",
    "companyos-namespace-guard",
    "companyos-object-guard",
  ].flatMap((name): [string, Resource][] => [
    [name, resources.validatingAdmissionPolicies as Resource],
    [name, resources.validatingAdmissionPolicyBindings as Resource],
  ]);

  test.each(objects)("%s is put back when it is deleted (%#)", async (name, resource) => {
    const { metadata } = await product.kube.get(resource, name);
    await product.kube.delete(resource, name);
    await until(
      "its return",
      async () =>
        ![undefined, metadata.uid].includes((await product.kube.find(resource, name))?.metadata.uid),
    );
  });

  test("an emptied map is filled again", async () => {
    const path = `${policiesPath}/companyos-actual-node`;
    const variables = (object: KubeObject) => object.spec.variables as { name: string; expression: string }[];
    const before = (await admin("GET", path)).object;
    const forged = variables(before).map((one) =>
      one.name === "region" ? { ...one, expression: "'eu-west-1'" } : one,
    );
    passed(await admin("PATCH", path, { spec: { variables: forged } }, merge));
    await until(
      "the map",
      async () =>
        JSON.stringify(variables((await admin("GET", path)).object)) === JSON.stringify(variables(before)),
    );
  });

  test("the webhook's configurations are refused to administrators, one by one and as a collection", async () => {
    await until(
      "the guard",
      () => admin("DELETE", `${configurations}/companyos-residency?dryRun=All`),
      (seen) => seen.status === 403,
    );
    for (const kind of ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]) {
      const path = `${admission}/${kind}/companyos-residency`;
      for (const ask of [admin, mallory]) {
        refusedBy("companyos-object-guard", await ask("DELETE", path));
        refusedBy("companyos-object-guard", await ask("DELETE", `${admission}/${kind}`));
        refusedBy("companyos-object-guard", await ask("PATCH", path, { webhooks: [] }, merge));
      }
      passed(
        await admin("PATCH", path, { metadata: { annotations: { note: "unchanged webhooks" } } }, merge),
      );
    }
  });

  test("a cloud may keep its own namespaces out of the webhooks, and nobody may keep a tenant's out", async () => {
    const kinds = ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"];
    const selectors = async () =>
      Promise.all(
        kinds.map(async (kind) => {
          const { object } = await admin("GET", `${admission}/${kind}/companyos-residency`);
          return (object.webhooks as KubeObject[]).map(({ namespaceSelector }) => namespaceSelector);
        }),
      );
    const add = (ask: typeof admin, kind: string, value: object) =>
      ask(
        "PATCH",
        `${admission}/${kind}/companyos-residency`,
        [{ op: "add", path: "/webhooks/0/namespaceSelector/matchExpressions/0", value }],
        "application/json-patch+json",
      );
    const before = await selectors();
    const cloud = { key: "control-plane", operator: "DoesNotExist" };
    for (const kind of kinds) {
      for (const value of [
        { key: "team", operator: "DoesNotExist" },
        { ...cloud, operator: "Exists" },
      ])
        refusedBy("companyos-object-guard", await add(admin, kind, value));
      passed(await add(admin, kind, cloud));
    }
    // It was deleted above; that it is back does not mean yet that the API server goes by it.
    await until("the guard of namespaces", namespacesGuarded);
    const written = async () =>
      (await (await fetch(product.metrics.operator)).text())
        .split("\n")
        .filter((line) => /written_total.*WebhookConfiguration.*restored/.test(line))
        .reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    const restored = await written();
    const label = (value: string | null) => ({ metadata: { labels: { "control-plane": value } } });
    for (const ask of [admin, mallory])
      for (const sub of ["", "/status"])
        refusedBy(
          "companyos-namespace-guard",
          await ask("PATCH", `/api/v1/namespaces/acme${sub}`, label("controller-manager"), merge),
        );
    // A tenant's namespace may bear it from before: then the webhooks are not to be kept out.
    passed(await breakGlass("PATCH", "/api/v1/namespaces/acme", label("controller-manager"), merge));
    await until("both to be restored", selectors, (seen) => isDeepStrictEqual(seen, before));
    await until("both to be counted", written, (seen) => seen === restored + kinds.length);
    const acme = "/api/v1/namespaces/acme";
    refusedBy("companyos-namespace-guard", await admin("PATCH", acme, label("true"), merge));
    passed(await admin("PATCH", acme, { metadata: { labels: { team: "web" } } }, merge));
    passed(await admin("PATCH", acme, label(null), merge));
    // It is for tenants' namespaces only.
    const free = { ...namespace("cloud"), metadata: { name: "cloud", labels: { "control-plane": "x" } } };
    passed(await admin("POST", "/api/v1/namespaces?dryRun=All", free));
  });

  test("the break-glass group has the rights it needs, and no others", async () => {
    const member = await as(product.cluster, "on-call", ["companyos:break-glass"]);
    closing.push(() => member.close());
    passed(await member("DELETE", `${configurations}/companyos-residency?dryRun=All`));
    passed(
      await member(
        "PATCH",
        "/api/v1/namespaces/acme?dryRun=All",
        { metadata: { labels: { a: "b" } } },
        merge,
      ),
    );
    expect((await member("DELETE", "/api/v1/namespaces/acme?dryRun=All")).status).toBe(403);
    expect((await member("GET", "/api/v1/secrets")).status).toBe(403);
  });

  test("the break-glass group may delete them; they come back", async () => {
    const uid = async () =>
      (await admin("GET", `${configurations}/companyos-residency`)).object?.metadata?.uid;
    const before = await uid();
    const count =
      /residency_admission_objects_written_total\{kind="ValidatingWebhookConfiguration",name="companyos-residency",why="restored"\} (\d+)/;
    const restored = async () =>
      Number(count.exec(await (await fetch(product.metrics.operator)).text())?.[1] ?? 0);
    const counted = await restored();
    passed(await breakGlass("DELETE", `${configurations}/companyos-residency`));
    await until("its return", async () => ![undefined, before].includes(await uid()));
    // Counted once it is remembered on the disk, a moment after the API server has it.
    await until(
      "the count",
      () => restored(),
      (seen) => seen > counted,
    );
    expect(await restored()).toBe(counted + 1);
    const state = join(product.cluster.stateDir, "../operator/state/admission.jsonl");
    const key = "ValidatingWebhookConfiguration/companyos-residency";
    await until("its receipts in the journal", async () => {
      const lines = (await readFile(state, "utf8")).split("\n").filter((line) => line.includes(key));
      const waited = lines.findIndex((line) => line.includes('"why":"missing"'));
      return waited !== -1 && lines.slice(waited + 1).some((line) => !line.includes("unrecorded"));
    });
  });

  test("the API server finds nothing to warn of in the policies' expressions", async () => {
    let own: KubeObject[] = [];
    await until("type checking", async () => {
      const all = (await admin("GET", policiesPath)).object.items as KubeObject[];
      own = all.filter(({ metadata }) => metadata.name!.startsWith("companyos-"));
      return own.every(({ status, metadata }) => status?.observedGeneration === metadata.generation);
    });
    const warnings = own.flatMap(({ metadata, status }) =>
      (status?.typeChecking?.expressionWarnings ?? []).map(
        ({ fieldRef, warning }: Record<string, string>) => `${metadata.name} ${fieldRef}: ${warning}`,
      ),
    );
    expect(warnings).toEqual([]);
  });
});

describe("tokens of the product's service accounts", () => {
  const system = "/api/v1/namespaces/companyos-system";
  const request = (bound?: object) => ({
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    spec: { expirationSeconds: 600, ...(bound ? { boundObjectRef: bound } : {}) },
  });

  test("are refused to whoever may create tokens, and given to the kubelet of a pod that uses them", async () => {
    for (const name of ["companyos-operator", "companyos-webhook", "companyos-notary"]) {
      refusedBy(
        "companyos-object-guard",
        await mallory("POST", `${system}/serviceaccounts/${name}/token`, request()),
      );
    }
    passed(await mallory("POST", `${system}/serviceaccounts/default/token`, request()));
    const { object } = await admin("POST", `${system}/pods`, {
      ...pod("webhook-0", { nodeName: "eu-west-1-0", serviceAccountName: "companyos-webhook" }),
    });
    const kubelet = await as(product.cluster, "system:node:eu-west-1-0", ["system:nodes"]);
    closing.push(() => kubelet.close());
    const { name, uid } = object.metadata;
    const bound = { apiVersion: "v1", kind: "Pod", name, uid };
    await until("the kubelet's token", async () => {
      const response = await kubelet(
        "POST",
        `${system}/serviceaccounts/companyos-webhook/token`,
        request(bound),
      );
      expect(response.message).toBe("");
      return response.status === 201;
    });
  });

  test("are not to be had by a Secret either", async () => {
    const secret = (name: string, account: string) => ({
      apiVersion: "v1",
      kind: "Secret",
      type: "kubernetes.io/service-account-token",
      metadata: { name, annotations: { "kubernetes.io/service-account.name": account } },
    });
    refusedBy(
      "companyos-object-guard",
      await mallory("POST", `${system}/secrets`, secret("t1", "companyos-notary")),
    );
    passed(await mallory("POST", `${system}/secrets`, secret("t2", "default")));
    const steal = { metadata: { annotations: { "kubernetes.io/service-account.name": "companyos-notary" } } };
    refusedBy("companyos-object-guard", await mallory("PATCH", `${system}/secrets/t2`, steal, merge));
  });
});

describe("residency metadata of namespaces", () => {
  // Its guard was deleted and put back above: an API server takes up policies once a second.
  beforeAll(() => until("the guard", namespacesGuarded));

  const acme = "/api/v1/namespaces/acme";
  const wide = {
    metadata: { annotations: { "residency.companyos.io/allowed-regions": "eu-west-1,us-east-1" } },
  };
  const unlabelled = { metadata: { labels: { "residency.companyos.io/mode": null } } };

  test.each(["", "/status"])(
    "cannot be patched by anybody but the operator, also not through namespaces%s",
    async (sub) => {
      for (const ask of [admin, mallory]) {
        refusedBy("companyos-namespace-guard", await ask("PATCH", `${acme}${sub}`, wide, merge));
        refusedBy("companyos-namespace-guard", await ask("PATCH", `${acme}${sub}`, unlabelled, merge));
      }
      passed(await admin("PATCH", `${acme}${sub}`, { metadata: { labels: { team: "platform" } } }, merge));
    },
  );

  test("cannot be changed through namespaces/finalize, which goes on finalizing", async () => {
    const { object } = await admin("GET", acme);
    const forged = structuredClone(object);
    forged.metadata.labels["residency.companyos.io/tenant"] = "somebody-else";
    refusedBy("companyos-namespace-guard", await admin("PUT", `${acme}/finalize`, forged));
    passed(await admin("PUT", `${acme}/finalize`, object));
  });

  test("cannot come with a new namespace; a namespace without it can, and goes again", async () => {
    refusedBy(
      "companyos-namespace-guard",
      await admin("POST", "/api/v1/namespaces", namespace("forged", { tenant: "acme" })),
    );
    refusedBy(
      "companyos-namespace-guard",
      await mallory(
        "POST",
        "/api/v1/namespaces",
        namespace("forged", {}, { "residency.companyos.io/allowed-regions": "us-east-1" }),
      ),
    );
    passed(await admin("POST", "/api/v1/namespaces", namespace("free")));
    passed(await admin("DELETE", "/api/v1/namespaces/free"));
    await until(
      "its end",
      () => admin("GET", "/api/v1/namespaces/free"),
      (seen) => seen.status === 404,
    );
  });

  test("a name that a Tenant claims is kept for the operator, and a tenant's namespace can be deleted", async () => {
    await product.kube.create(tenants!, tenant("later", { paused: true, namespaces: ["later-data"] }));
    await until(
      "the reservation",
      () => admin("POST", "/api/v1/namespaces?dryRun=All", namespace("later-data")),
      (seen) => seen.status === 403,
    );
    for (const name of ["later", "later-data"]) {
      refusedBy("companyos-namespace-guard", await admin("POST", "/api/v1/namespaces", namespace(name)));
    }
    passed(await admin("POST", "/api/v1/namespaces?dryRun=All", namespace("later-free")));
    await product.kube.patch(tenants!, "later", "merge", { spec: { paused: false } });
    await until(
      "tenant later to be Ready",
      () => readyCondition(product.kube, "later"),
      (seen) => seen?.status === "True",
    );
    const before = (await admin("GET", "/api/v1/namespaces/later")).object.metadata.uid;
    passed(await admin("DELETE", "/api/v1/namespaces/later"));
    await until("its return", async () => {
      const uid = (await admin("GET", "/api/v1/namespaces/later")).object?.metadata?.uid;
      return uid !== undefined && uid !== before;
    });
  });

  test("the break-glass group may change it; the operator puts it right", async () => {
    passed(await breakGlass("PATCH", acme, wide, merge));
    await until("the regions", async () => {
      const { object } = await admin("GET", acme);
      return object.metadata.annotations["residency.companyos.io/allowed-regions"] === "eu-west-1";
    });
  });
});

describe("with the webhook's configurations gone and the operator held back", () => {
  beforeAll(async () => {
    await product.stopOperator();
    for (const kind of ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]) {
      passed(await breakGlass("DELETE", `${admission}/${kind}/companyos-residency`));
    }
  }, 180_000);

  const forged = { [topology]: "eu-west-1" };
  const ways: [string, Parameters<typeof bind>[2], string][] = [
    ["a binding", {}, "us-east-1-0"],
    ["a binding with a forged label", { labels: forged }, "us-east-1-0"],
    ["a binding without target.kind and a forged label", { kind: "", labels: forged }, "us-east-1-0"],
    ["a legacy binding with a forged label", { legacy: true, labels: forged }, "us-east-1-0"],
    ["a binding to a node without labels, with a forged one", { labels: forged }, "bare"],
    ["a binding to a node that does not exist", { labels: forged }, "ghost"],
    ["a legacy binding to a node that does not exist", { legacy: true, kind: "", labels: forged }, "ghost"],
    ["a binding by somebody with every right", { by: (...args) => mallory(...args) }, "us-east-1-1"],
  ];

  test.each(ways)("%s abroad is refused, the same at home passes", async (title, how, node) => {
    if (node === "bare") await product.cluster.addNode({ name: "bare" });
    const name = title.replaceAll(/[^a-z]+/gi, "-").toLowerCase();
    passed(await admin("POST", pods, waiting(name)));
    const response = await bind(name, node, how);
    refusedBy("companyos-actual-node", response);
    expect(response.message).toContain(`node ${node} `);
    expect(response.message).toContain("tenant acme may use eu-west-1");
    passed(await bind(name, "eu-west-1-0", how));
    expect((await admin("GET", `${pods}/${name}`)).object.spec.nodeName).toBe("eu-west-1-0");
  });

  test("a pod that names its node is decided by it, mirror pods only by their kubelet's word", async () => {
    const mirror = { "kubernetes.io/config.mirror": "x" };
    refusedBy("companyos-actual-node", await admin("POST", pods, named("direct", "us-east-1-0")));
    refusedBy("companyos-actual-node", await admin("POST", pods, named("spectre", "ghost")));
    refusedBy("companyos-actual-node", await mallory("POST", pods, named("mirrored", "us-east-1-0", mirror)));
    passed(await admin("POST", pods, named("direct", "eu-west-1-1")));
    const kubelet = await as(product.cluster, "system:node:us-east-1-1", ["system:nodes"]);
    closing.push(() => kubelet.close());
    // Refusing a mirror pod would hide the static pod, which runs all the same.
    const reference = { apiVersion: "v1", kind: "Node", name: "us-east-1-1", controller: true };
    const { uid } = (await admin("GET", "/api/v1/nodes/us-east-1-1")).object.metadata;
    const own = named("static-us-east-1-1", "us-east-1-1", mirror);
    Object.assign(own.metadata, { ownerReferences: [{ ...reference, uid }] });
    passed(await kubelet("POST", pods, own));
  });

  test("lawful pods run, and only at home", async () => {
    const labels = { app: "web" };
    passed(
      await admin("POST", "/apis/apps/v1/namespaces/acme/deployments", {
        apiVersion: "apps/v1",
        kind: "Deployment",
        metadata: { name: "web" },
        spec: { replicas: 4, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
      }),
    );
    await until("four pods at home", async () => {
      const { object } = await admin("GET", `${pods}?labelSelector=app%3Dweb`);
      const running = (object.items as KubeObject[]).filter(({ status }) => status.phase === "Running");
      return (
        running.length === 4 &&
        running.every(({ spec }) => /^(eu-west-1-(\d|later)|nomad)$/.test(spec.nodeName))
      );
    });
  });

  test("bindings and named nodes are refused exactly where Rego blocks them", async () => {
    const decider = await createDecider(await loadBundle());
    const standing = { "eu-west-1-0": "eu-west-1", "eu-west-1-1": "eu-west-1", "us-east-1-0": "us-east-1" };
    const nodes = new Map(
      Object.entries({ ...standing, bare: undefined }).map(([name, region]) => [
        name,
        { name, region, labels: {} },
      ]),
    );
    const known = ["eu-west-1", "us-east-1"].map((name) => ({
      name,
      jurisdiction: name.startsWith("eu") ? "EU" : "US",
      zones: [`${name}a`],
    }));
    const places = { regions: known, nodes, pin: ["eu-west-1"] };
    const plan = {
      tenant: "acme",
      uid: "u",
      homeRegion: "eu-west-1",
      regions: ["eu-west-1"],
      mode: "Enforce",
      policies: ["eu-only"],
      digest: "sha256:0",
    } as const;
    passed(await admin("POST", pods, waiting("target")));
    const odd = fc.stringMatching(/^[a-z0-9'"\\ ,.\]\n-]{1,20}$/);
    const plain = fc.stringMatching(/^[a-z0-9]([a-z0-9.]{0,8}[a-z0-9])?$/);
    const cases = fc.record({
      how: fc.constantFrom("pods", "pods/binding", "bindings"),
      node: fc.oneof(
        { arbitrary: fc.constantFrom(...nodes.keys(), "eu-west-1", "eu-west-1-0.x"), weight: 4 },
        { arbitrary: plain, weight: 2 },
        { arbitrary: odd, weight: 1 },
      ),
      kind: fc.constantFrom("Node", ""),
      labels: fc.constantFrom(undefined, forged, { [topology]: "us-east-1" }),
    });
    let [blocked, allowed] = [0, 0];
    await fc.assert(
      fc.asyncProperty(cases, async ({ how, node, kind, labels }) => {
        const [resource = "", subresource] = how.split("/");
        const target = { apiVersion: "v1", ...(kind ? { kind } : {}), name: node };
        const object =
          how === "pods"
            ? named("property", node)
            : { apiVersion: "v1", kind: "Binding", metadata: { name: "target", labels }, target };
        const path =
          how === "pods"
            ? pods
            : how === "bindings"
              ? "/api/v1/namespaces/acme/bindings"
              : `${pods}/target/binding`;
        const { verdict } = decider.decide({
          operation: "CREATE",
          group: "",
          resource,
          subresource,
          object,
          topology: places,
          plan,
        });
        const response = await admin("POST", `${path}?dryRun=All`, object);
        if (verdict === "block") {
          blocked += 1;
          // A name that is none may be refused elsewhere as well, or first.
          expect(response.status).toBeGreaterThanOrEqual(400);
          if (response.status === 403) expect(response.message).toContain("companyos-actual-node");
          else expect(response.message).toContain("Invalid value");
        } else {
          allowed += 1;
          passed(response);
        }
      }),
      { numRuns: 150, seed: 7 },
    );
    expect(Math.min(blocked, allowed)).toBeGreaterThan(10);
  }, 180_000);

  test("when the operator is back, what is missing is installed again", async () => {
    await product.startOperator();
    for (const kind of ["validatingwebhookconfigurations", "mutatingwebhookconfigurations"]) {
      await until(
        kind,
        () => admin("GET", `${admission}/${kind}/companyos-residency`),
        (seen) => seen.status === 200,
      );
    }
  }, 180_000);
});
