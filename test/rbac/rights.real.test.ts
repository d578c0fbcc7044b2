import { mkdtemp, rm } from "node:fs/promises";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { annotations, labels, namespaceGuardName } from "@companyos/crds";
import { connect, type KubeClient, resources } from "@companyos/kube";
import { startTestProduct, type TestProduct } from "@companyos/operator/testing/product";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { until } from "../src/until.ts";
import { type AuditLog, auditLog, needs } from "./audit.ts";
import {
  grantsOf,
  productNamespace,
  type RenderedRole,
  regions,
  renderChart,
  rolesOf,
  text,
} from "./rendered.ts";
import { changeTenant, declareTenant, removeTenant, rotated, runPods, tamper } from "./story.ts";

const accounts = ["companyos-operator", "companyos-webhook", "companyos-notary"];
const second = 1000;

/**
 * Rights of rare paths, each with the test that needs it. The API server does not write down a check of `bind`: it is
 * part of writing the RoleBinding, so what proves it is below.
 */
const provedElsewhere: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["get tenants", "get regions", "get tenants/evidence", "create tenants/evidence"].map((right) => [
      `${right}.residency.companyos.io`,
      "an owner is given what the operator has, evidence included, and no more",
    ]),
  ),
  "bind clusterroles.rbac.authorization.k8s.io view": "an owner gets a role only if the operator may bind it",
  "bind clusterroles.rbac.authorization.k8s.io edit": "an owner gets a role only if the operator may bind it",
  "bind clusterroles.rbac.authorization.k8s.io admin":
    "an owner gets a role only if the operator may bind it",
  // Workloads that are older than a change of regions: operator/test/rollouts.real.test.ts.
  ...Object.fromEntries(
    [
      ...[
        "deployments.apps",
        "daemonsets.apps",
        "statefulsets.apps",
        "replicasets.apps",
        "cronjobs.batch",
      ].map((resource) => `patch ${resource}`),
      "patch replicationcontrollers",
      "list persistentvolumeclaims",
      "get persistentvolumes",
    ].map((right) => [
      right,
      "from Audit to Enforce: everything runs inside, but what its author or its data keeps outside",
    ]),
  ),
  "list jobs.batch":
    "the label that costs pods a second look goes once nothing makes pods with a pin of before, and not sooner",
  // The setting for namespaces without a Tenant, which is Ignore here: cli/test/brownfield.real.test.ts.
  ...Object.fromEntries(
    ["patch", "delete"].flatMap((verb) =>
      ["validatingadmissionpolicies", "validatingadmissionpolicybindings"].map((resource) => [
        `${verb} ${resource}.admissionregistration.k8s.io companyos-unclaimed`,
        "namespaces that nobody claimed are ignored again, with nothing left behind",
      ]),
    ),
  ),
};

let dir: string;
let audit: AuditLog;
let product: TestProduct;
let roles: RenderedRole[];

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "companyos-rbac-"));
  audit = await auditLog(dir);
  // As `startTestProduct` installs it; of which authority makes no difference.
  const ca = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
  roles = rolesOf(await renderChart({ webhook: { callers: { mode: "ClientCertificate", ca } } }));
  product = await startTestProduct({
    args: audit.args,
    operator: {
      certificates: {
        authority: { lifeMs: 120 * second, renewAfterMs: 10 * second },
        serving: { lifeMs: 90 * second },
        settleMs: second,
        keepMs: 5 * second,
      },
      // Elected, as in a cluster.
      leaderElection: true,
    },
    webhook: { certificateSettleMs: 300 },
  });
}, 180_000);

afterAll(async () => {
  await product?.stop();
  await rm(dir, { recursive: true, force: true });
}, 180_000);

const user = (account: string) => `system:serviceaccount:${productNamespace}:${account}`;

/** Rights as the API server sums them up for somebody in a namespace. */
async function reviewed(name: string, namespace: string): Promise<Set<string>> {
  const { status, text: body } = await product.kube.raw(
    "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews",
    {
      method: "POST",
      headers: { "impersonate-user": name },
      body: {
        apiVersion: "authorization.k8s.io/v1",
        kind: "SelfSubjectRulesReview",
        spec: { namespace },
      },
    },
  );
  expect(status).toBe(201);
  const { resourceRules } = JSON.parse(body).status;
  const role = { name, namespace: undefined, subjects: [`ServiceAccount ${name}`], rules: resourceRules };
  return new Set(grantsOf([role], name).map(text));
}

describe("what the API server says they may do", () => {
  test.each(accounts)("%s may do what docs/rbac.md says, and nothing else", async (account) => {
    for (const namespace of [productNamespace, "default"]) {
      const everybody = await reviewed(`system:serviceaccount:${namespace}:nobody-in-particular`, namespace);
      const own = [...(await reviewed(user(account), namespace))].filter((grant) => !everybody.has(grant));
      const granted = grantsOf(roles, account)
        .filter((grant) => grant.namespace === undefined || grant.namespace === namespace)
        .map((grant) => text({ ...grant, namespace: undefined }))
        .filter((grant) => !everybody.has(grant));
      expect(own.sort()).toEqual([...new Set(granted)].sort());
    }
  });
});

describe("a tenant's residency metadata", () => {
  beforeAll(() => declareTenant(product), 180_000);

  const metadata = [
    { labels: { [labels.tenant]: "other" } },
    { labels: { [labels.tenant]: null } },
    { labels: { [labels.mode]: "Audit" } },
    { labels: { "residency.companyos.io/anything": "new" } },
    { annotations: { [annotations.allowedRegions]: "us-east-1" } },
    { annotations: { [annotations.allowedRegions]: null } },
  ];
  const subresources = ["", "/status", "/finalize"];

  /** Every way there is to write a namespace, with every change; what was answered. */
  async function attempts(kube: KubeClient, who: string): Promise<{ status: number; message: string }[]> {
    const path = "/api/v1/namespaces/acme";
    const live = JSON.parse((await product.kube.raw(path)).text);
    const responses: { status: number; message: string }[] = [];
    const send = async (method: string, url: string, type: string, body: object, field: object) => {
      const { status, text: response } = await kube.raw(url, {
        method,
        headers: { "content-type": type, ...(who === "" ? {} : { "impersonate-user": who }) },
        body: JSON.stringify(body),
      });
      const message = `${method} ${url} ${type} ${JSON.stringify(field)}: ${JSON.parse(response).message}`;
      responses.push({ status, message });
    };
    for (const field of metadata) {
      for (const subresource of subresources) {
        const url = `${path}${subresource}`;
        const written = {
          ...live,
          metadata: {
            ...live.metadata,
            ...Object.fromEntries(
              Object.entries(field).map(([name, values]) => [
                name,
                JSON.parse(JSON.stringify({ ...live.metadata[name], ...values }, (_, v) => v ?? undefined)),
              ]),
            ),
          },
        };
        await send("PUT", url, "application/json", written, field);
        // Finalizing is a PUT, and nothing else.
        if (subresource === "/finalize") continue;
        await send("PATCH", url, "application/merge-patch+json", { metadata: field }, field);
        await send("PATCH", url, "application/strategic-merge-patch+json", { metadata: field }, field);
        if (JSON.stringify(field).includes("null")) continue;
        const applied = { apiVersion: "v1", kind: "Namespace", metadata: { name: "acme", ...field } };
        const query = "?fieldManager=somebody&force=true";
        await send("PATCH", `${url}${query}`, "application/apply-patch+yaml", applied, field);
      }
    }
    return responses;
  }

  const residency = async () => {
    const { metadata } = await product.kube.get(resources.namespaces, "acme");
    const ours = (map: Record<string, string> = {}) =>
      Object.entries(map).filter(([key]) => key.startsWith("residency.companyos.io/"));
    return { labels: ours(metadata.labels), annotations: ours(metadata.annotations) };
  };

  test("its owner, an admin in the namespace, has no way to write it", async () => {
    const { kubeconfig } = await product.cluster.createUser("olivia");
    const olivia = await connect({ kubeconfig });
    try {
      await until("what her RoleBinding gives her", async () => {
        await olivia.create(resources.configMaps, { metadata: { name: "hers", namespace: "acme" } });
        return true;
      });
      const before = await residency();
      const responses = await attempts(olivia, "");
      expect(responses.filter(({ status }) => status !== 403)).toEqual([]);
      expect(responses.length).toBeGreaterThan(30);
      expect(await residency()).toEqual(before);
    } finally {
      await olivia.close();
    }
  });

  test("our own service accounts have none either, but the operator", async () => {
    const before = await residency();
    for (const account of ["companyos-webhook", "companyos-notary", "companyos-auditor"]) {
      const responses = await attempts(product.kube, user(account));
      expect(responses.filter(({ status }) => status !== 403)).toEqual([]);
    }
    expect(await residency()).toEqual(before);
  });

  test("nor does somebody to whom RBAC gives every right over namespaces", async () => {
    const { kube } = product;
    const names = ["olivia", ...["companyos-webhook", "companyos-notary", "companyos-auditor"].map(user)];
    const everything = { apiVersion: "rbac.authorization.k8s.io/v1", metadata: { name: "test-namespaces" } };
    await kube.create(resources.clusterRoles, {
      ...everything,
      rules: [
        {
          apiGroups: [""],
          resources: ["namespaces", "namespaces/status", "namespaces/finalize"],
          verbs: ["*"],
        },
      ],
    });
    await kube.create(resources.clusterRoleBindings, {
      ...everything,
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "test-namespaces" },
      subjects: names.map((name) => ({ apiGroup: "rbac.authorization.k8s.io", kind: "User", name })),
    });
    await until("RBAC to allow it", async () => {
      const response = await kube.raw("/api/v1/namespaces/acme/status", {
        method: "PATCH",
        headers: { "content-type": "application/merge-patch+json", "impersonate-user": "olivia" },
        body: JSON.stringify({ metadata: { labels: { theirs: "yes" } } }),
      });
      return response.status === 200;
    });
    const before = await residency();
    for (const name of names) {
      const responses = await attempts(kube, name);
      const through = responses.filter(
        ({ status, message }) => status !== 403 || !message.includes(namespaceGuardName),
      );
      // What a subresource does not take in at all is answered 200 and changes nothing.
      expect(through.filter(({ status }) => status !== 200)).toEqual([]);
      expect(responses.length - through.length).toBeGreaterThan(30);
      expect(await residency()).toEqual(before);
    }
    await kube.delete(resources.clusterRoleBindings, "test-namespaces");
    await kube.delete(resources.clusterRoles, "test-namespaces");
  }, 180_000);
});

test("an owner gets a role only if the operator may bind it", async () => {
  const { kube } = product;
  const bound = (await kube.list(resources.roleBindings, { namespace: "acme" })).items;
  expect(bound.map(({ roleRef }) => roleRef.name).sort()).toEqual(["admin", "edit", "view"]);
  for (const role of ["view", "edit", "admin", "cluster-admin"]) {
    const { status } = await kube.raw(
      "/apis/rbac.authorization.k8s.io/v1/namespaces/acme/rolebindings?dryRun=All",
      {
        method: "POST",
        headers: { "impersonate-user": user("companyos-operator") },
        body: {
          apiVersion: "rbac.authorization.k8s.io/v1",
          kind: "RoleBinding",
          metadata: { name: "another" },
          roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
          subjects: [{ apiGroup: "rbac.authorization.k8s.io", kind: "User", name: "somebody" }],
        },
      },
    );
    expect({ role, status }).toEqual({ role, status: role === "cluster-admin" ? 403 : 201 });
  }
});

describe("through a life of the product", () => {
  test("each of its processes uses every right it has, and asks for no other", async () => {
    const { kube, cluster } = product;
    const versions = new Map<string, string>();
    for (const name of [
      "companyos-ca",
      "companyos-webhook-tls",
      ...regions.map((r) => `companyos-notary-${r}-tls`),
    ]) {
      const secret = await kube.get(resources.secrets, name, { namespace: productNamespace });
      versions.set(name, secret.metadata.resourceVersion!);
    }
    await runPods(product);
    await changeTenant(product);
    await tamper(product);
    await removeTenant(product);
    await rotated(product, versions);
    const token = await cluster.serviceAccountToken(productNamespace, "companyos-auditor");
    const responses = await Promise.all(notaries(product.logs).map((url) => receipts(url, token)));
    // Of the other region's log no record of this tenant is asked to exist.
    expect(responses.sort()).toEqual([200, 404]);
    // Hands the lease back, and writes what Events had been counting.
    await product.stopOperator();
    await product.startOperator();

    const { allowed, refused } = await audit.read(productNamespace);
    expect(refused.filter((line) => accounts.some((account) => line.startsWith(account)))).toEqual([]);
    for (const account of accounts) {
      // What everybody may read, the CA, it may read for two reasons.
      const uses = allowed.filter(
        ({ account: who, because }) =>
          who === account && (because.includes(account) || because.includes("companyos-trust")),
      );
      const grants = grantsOf(roles, account);
      const unused = grants.filter((grant) => !uses.some((use) => needs(use, grant))).map(text);
      expect({ account, unused: unused.filter((grant) => !(grant in provedElsewhere)) }).toEqual({
        account,
        unused: [],
      });
      console.log(account, { grants: grants.length, uses: uses.length });
    }
    const all = accounts.flatMap((account) => grantsOf(roles, account).map(text));
    expect(Object.keys(provedElsewhere).filter((grant) => !all.includes(grant))).toEqual([]);
  }, 240_000);
});

/** Where notaries listen, from their own logs. */
function notaries(logs: readonly string[]): string[] {
  const told = logs.map((line) => JSON.parse(line)).filter(({ msg }) => msg === "notary listens");
  return [...new Set(told.map(({ url }) => url as string))];
}

/** Asks a notary for receipts, whatever its certificate: who may ask is what matters here. */
function receipts(url: string, token: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const options = { headers, rejectUnauthorized: false };
    request(`${url}/v1/receipts?tenant=acme`, options, (response) => {
      response.resume().on("end", () => resolve(response.statusCode!));
    })
      .on("error", reject)
      .end();
  });
}
