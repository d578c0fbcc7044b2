import { randomBytes } from "node:crypto";
import { request } from "node:https";
import { Authority, sharedCluster } from "@companyos/cluster";
import { annotations } from "@companyos/crds/names";
import { connect, type KubeClient, kubernetesReviewer, resources } from "@companyos/kube";
import { type AuthenticatorOptions, createAuthenticator } from "@companyos/service";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import type { RunningNotary } from "../src/options.ts";
import { runNotary } from "../src/run.ts";
import { evidenceOf } from "../src/server/rights.ts";
import { driversIn } from "./folders.ts";
import { type Rig, region, rig, silent } from "./rig.ts";

const namespace = `notary-${randomBytes(4).toString("hex")}`;
const role = `${namespace}-auditor`;
const rbac = "/apis/rbac.authorization.k8s.io/v1";
let client: KubeClient;
let r: Rig;
let authority: Authority;
let notary: RunningNotary;

beforeAll(async () => {
  client = await connect({ kubeconfig: (await sharedCluster()).kubeconfig });
  await client.create(resources.namespaces, { metadata: { name: namespace } });
  for (const name of ["companyos-webhook", "auditor"]) {
    await client.create(resources.serviceAccounts, { metadata: { name, namespace } });
  }
  const apiGroups = ["residency.companyos.io"];
  const rules = [{ apiGroups, resources: ["tenants/evidence"], verbs: ["get", "create"] }];
  await post(`${rbac}/clusterroles`, { kind: "ClusterRole", metadata: { name: role }, rules });
  await bind(role, "auditor");
  authority = await Authority.create("test CA");
  r = await rig();
  notary = await runNotary({
    region,
    ...(await driversIn(r)),
    listen: { host: "127.0.0.1", port: 0 },
    metricsListen: { host: "127.0.0.1", port: 0 },
    tls: { kind: "secret" },
    client,
    log: silent,
    namespace,
    publishIntervalMs: 50,
  });
});
afterAll(async () => {
  await notary?.stop();
  await r?.remove();
  await client.raw(`${rbac}/clusterrolebindings/${role}`, { method: "DELETE" });
  await client.raw(`${rbac}/clusterroles/${role}`, { method: "DELETE" });
  await client.delete(resources.namespaces, namespace);
  await client.close();
});

async function post(path: string, body: Record<string, unknown>): Promise<void> {
  const { status, text } = await client.raw(path, {
    method: "POST",
    body: { apiVersion: "rbac.authorization.k8s.io/v1", ...body },
  });
  if (status !== 201) throw new Error(text);
}

async function bind(name: string, account: string): Promise<void> {
  await post(`${rbac}/clusterrolebindings`, {
    kind: "ClusterRoleBinding",
    metadata: { name },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: role },
    subjects: [{ kind: "ServiceAccount", name: account, namespace }],
  });
}

async function tokenOf(name: string): Promise<string> {
  const { text } = await client.raw(`/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`, {
    method: "POST",
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: {} },
  });
  return (JSON.parse(text) as { status: { token: string } }).status.token;
}

async function call(path: string, token?: string): Promise<{ status: number; certificate: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
  return new Promise((resolve, reject) => {
    request(notary.url + path, { ca: authority.certPem, headers, agent: false }, (response) => {
      const { fingerprint256 } = (response.socket as import("node:tls").TLSSocket).getPeerCertificate();
      response
        .resume()
        .on("end", () => resolve({ status: response.statusCode!, certificate: fingerprint256 }));
    })
      .on("error", reject)
      .end();
  });
}

const serving = async () => {
  const { certPem, keyPem } = await authority.issue({ name: "notary", ips: ["127.0.0.1"] });
  const base64 = (pem: string) => Buffer.from(pem).toString("base64");
  return { "tls.crt": base64(certPem), "tls.key": base64(keyPem) };
};
const ready = async () => (await fetch(`${notary.metricsUrl}/readyz`)).status;
/** What `/metrics` says of the certificate that is served, in seconds since the epoch. */
const timeOf = async (what: "expires" | "late") => {
  const text = await (await fetch(`${notary.metricsUrl}/metrics`)).text();
  const [, line = ""] = text.split(`\nresidency_serving_certificate_${what}_timestamp_seconds `);
  return Number.parseInt(line, 10);
};
/** An API server remembers a good token for 10 s. */
const inTime = { timeoutMs: 60_000 };
const authenticatorOf = (options: Omit<AuthenticatorOptions, "reviewer"> = {}, audience?: string) =>
  createAuthenticator({ reviewer: kubernetesReviewer(client, audience), ...options });

describe("a notary at a real API server", () => {
  test("is ready once its certificate is there, and takes a renewed one without a restart", async () => {
    expect(await ready()).toBe(503);
    const name = `companyos-notary-${region}-tls`;
    const secret = { metadata: { name, namespace }, type: "kubernetes.io/tls", data: await serving() };
    await client.create(resources.secrets, secret);
    await until("its readiness", ready, (status) => status === 200, inTime);
    const { status, certificate } = await call("/v1/identity");
    expect(status).toBe(200);
    await client.patch(resources.secrets, name, "merge", { data: await serving() }, { namespace });
    await until(
      "the renewed certificate",
      () => call("/v1/identity"),
      (seen) => seen.certificate !== certificate,
      inTime,
    );
    // As cert-manager brings it there, without another certificate.
    const said = { metadata: { annotations: { [annotations.renewBefore]: "1h" } } };
    await client.patch(resources.secrets, name, "merge", said, { namespace });
    await until(
      "what is served to be late half an hour before its end",
      async () => (await timeOf("expires")) - (await timeOf("late")),
      (seconds) => seconds === 1_800,
      inTime,
    );
  });

  test("knows service accounts by their tokens, and what they may do", async () => {
    const authenticator = authenticatorOf();
    const user = await authenticator.authenticate(await tokenOf("auditor"));
    expect(user).toMatchObject({ username: `system:serviceaccount:${namespace}:auditor` });
    expect(await authenticator.authorize(user!, evidenceOf("get", "acme"))).toBe(true);
    expect(await authenticator.authorize(user!, { ...evidenceOf("get", "acme"), verb: "delete" })).toBe(
      false,
    );
    const tenant = { verb: "get", group: "residency.companyos.io", resource: "tenants", name: "acme" };
    expect(await authenticator.authorize(user!, tenant)).toBe(false);
    const token = await tokenOf("auditor");
    expect(await authenticator.authenticate(`${token.slice(0, -6)}AAAAAA`)).toBeUndefined();
    const narrow = authenticatorOf({}, "somebody-else");
    expect(await narrow.authenticate(token)).toBeUndefined();
  });

  test("forgets within ten seconds a right that was taken away, and a service account that is gone, however well known", async () => {
    const clock = { ms: 0 };
    const authenticator = authenticatorOf({ now: () => clock.ms });
    /** Asks the API server each time. */
    const uncached = authenticatorOf({ cacheMs: 0, refusedMs: 0 });
    const peer = { address: "127.0.0.1", authenticated: true };
    const get = evidenceOf("get", "acme");
    await client.create(resources.serviceAccounts, { metadata: { name: "leaving", namespace } });
    await bind(`${role}-leaving`, "leaving");
    const token = await tokenOf("leaving");
    const user = (await authenticator.authenticate(token, peer))!;
    await until("the right", () => uncached.authorize(user, get), Boolean, inTime);
    expect(await authenticator.authorize(user, get)).toBe(true);

    await client.raw(`${rbac}/clusterrolebindings/${role}-leaving`, { method: "DELETE" });
    await until(
      "the right to be gone",
      () => uncached.authorize(user, get),
      (may) => !may,
      inTime,
    );
    clock.ms = 10_000;
    expect(await authenticator.authorize(user, get)).toBe(false);
    // So that the account is known from now on, and not from the beginning.
    expect(await authenticator.authenticate(token, peer)).toEqual(user);

    await client.delete(resources.serviceAccounts, "leaving", { namespace });
    await until(
      "the account to be gone",
      () => uncached.authenticate(token),
      (found) => found === undefined,
      inTime,
    );
    clock.ms = 20_000;
    expect(await authenticator.authenticate(token, peer)).toBeUndefined();
  });

  test("lets the auditor read and the webhook not", async () => {
    const path = "/v1/receipts?tenant=acme";
    expect((await call(path)).status).toBe(401);
    expect((await call(path, await tokenOf("companyos-webhook"))).status).toBe(403);
    expect((await call(path, await tokenOf("auditor"))).status).toBe(404);
  });
});
