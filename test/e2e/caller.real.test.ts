/** Whoever reaches the webhook's port, beside an API server that shows a certificate. */

import { readFile } from "node:fs/promises";
import { Authority } from "@companyos/cluster";
import { replaceFile } from "@companyos/service/files";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { listedReceipts, provenEvidence, sumOfMetric } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";
import { asStranger, type Caller, review } from "../src/webhook.ts";

const tenant = `caller-${Date.now().toString(36)}`;
const region = "topology.kubernetes.io/region";
const containers = [{ name: "main", image: "nginx:1.29" }];
const abroad = { spec: { nodeSelector: { [region]: "us-east-1" }, containers } };
const pods = `/api/v1/namespaces/${tenant}/pods`;
const map = "/api/v1/namespaces/companyos-system/configmaps/companyos-webhook-callers";

let product: Product;
let api: Api;
let stranger: Caller;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  stranger = await asStranger(product);
  await declared(api, tenant);
}, 180_000);
afterAll(async () => {
  await api?.close();
  await product?.stop();
}, 180_000);

const strangers = () => sumOfMetric(product.dev.metrics.webhook, "residency_webhook_strangers_total");
const creation = (name: string, user = "alice@globex.example") =>
  review(tenant, abroad, { dryRun: false, uid: crypto.randomUUID(), userInfo: { username: user }, name });

/** A refused creation, by the API server; with a receipt when the webhook answered. */
async function refused(name: string): Promise<string> {
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { name }, ...abroad };
  const { status, body } = await api.request("POST", pods, pod);
  return status === 403 ? body.message : "";
}

test("an AdmissionReview posted without credentials is refused, counted, and no receipt comes of it", async () => {
  const before = await strangers();
  for (let i = 0; i < 20; i++) {
    const { status, json } = await stranger.send(creation(`forged-${i}`));
    expect(status).toBe(403);
    expect(json.message).toContain("CALLER_UNKNOWN");
  }
  expect(await strangers()).toBe(before + 20);
});

test("nor is one from somebody with a certificate of the cluster's own authority", async () => {
  const { text } = { text: await readFile(product.dev.kubeconfig, "utf8") };
  const pair = (key: string) =>
    Buffer.from(new RegExp(`${key}: (\\S+)`).exec(text)?.[1] as string, "base64").toString();
  const admin = await asStranger(product, {
    cert: pair("client-certificate-data"),
    key: pair("client-key-data"),
  });
  expect((await admin.send(creation("forged-by-admin"))).status).toBe(403);
});

test("what the API server asks leaves receipts that say how it was known, and evidence holds these only", async () => {
  expect(await refused("real")).toMatch(/CROSS_REGION, receipt /);
  const receipts = await until(
    "the receipt",
    () => listedReceipts(product, tenant, "admission.blocked"),
    (listed) => listed.length > 0,
  );
  expect(receipts.map(({ disclosed }) => [disclosed.name, disclosed.caller])).toEqual([
    ["real", "client-certificate:kube-apiserver"],
  ]);
  expect((await provenEvidence(product, tenant)).blocks).toBe(1);
});

test("certificate and authority are replaced without a restart of anything", async () => {
  const started = await sumOfMetric(product.dev.metrics.webhook, "process_start_time_seconds");
  const { body } = await api.request("GET", map);
  const old = body.data["ca.crt"] as string;
  const next = await Authority.create("companyos-webhook-callers");
  const { certPem, keyPem } = await next.issue({ name: "kube-apiserver" });
  const trust = (authorities: string) =>
    api.request("PATCH", map, { data: { "ca.crt": authorities } }, "application/merge-patch+json");
  const { cert, key } = product.dev.caller;
  const formerly = await asStranger(product, {
    cert: await readFile(cert, "utf8"),
    key: await readFile(key, "utf8"),
  });
  expect((await trust(`${old}${next.certPem}`)).status).toBe(200);
  for (const [file, pem] of [
    [cert, certPem],
    [key, keyPem],
  ] as const) {
    await replaceFile(file, pem, { mode: 0o600 });
  }
  const renewed = await asStranger(product, { cert: certPem, key: keyPem });
  await until(
    "the new authority trusted by every replica",
    () => Promise.all(Array.from({ length: 4 }, () => renewed.send("{}"))),
    (responses) => responses.every(({ status }) => status === 400),
  );
  // The API server reads its files again for each new connection.
  expect((await trust(next.certPem)).status).toBe(200);
  await until(
    "the old authority trusted by none",
    () => Promise.all(Array.from({ length: 4 }, () => formerly.send("{}"))),
    (responses) => responses.every(({ status }) => status === 403),
  );
  let tries = 0;
  await until(
    "a refusal by the webhook, of an API server with its new certificate",
    () => refused(`after-${++tries}`),
    (message) => /CROSS_REGION, receipt /.test(message),
    { timeoutMs: 150_000 },
  );
  expect(await sumOfMetric(product.dev.metrics.webhook, "process_start_time_seconds")).toBe(started);
}, 200_000);
