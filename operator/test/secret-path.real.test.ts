/** Where the control plane cannot be configured: the path is all that tells the API server from strangers. */
import { type KubeObject, type Resource, resources } from "@companyos/kube";
import { untyped } from "@companyos/kube/testing/untyped";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { Agent, request } from "undici";
import { declareAcme, startTestProduct, type TestProduct } from "./product.ts";

const namespace = "companyos-system";
const { secrets } = untyped(resources);
const name = "companyos-webhook-path";
const pods = "/api/v1/namespaces/acme/pods";

let product: TestProduct;

beforeAll(async () => {
  product = await startTestProduct({ callers: "SecretPath" });
  await declareAcme(product.kube);
}, 180_000);
afterAll(() => product?.stop(), 120_000);

const abroad = (pod: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: pod },
  spec: {
    nodeSelector: { "topology.kubernetes.io/region": "us-east-1" },
    containers: [{ name: "main", image: "nginx:1.29" }],
  },
});

/** What the API server says to a pod that leads abroad. */
async function answerTo(pod: string): Promise<{ status: number; text: string }> {
  return product.kube.raw(pods, { method: "POST", body: abroad(pod) });
}

let tries = 0;
const refusedWithReceipt = async () =>
  /CROSS_REGION, receipt /.test((await answerTo(`abroad-${++tries}`)).text);

async function path(): Promise<string> {
  const secret = await product.kube.get(secrets, name, { namespace });
  return Buffer.from(secret.data.current, "base64").toString();
}

async function pathsNamed(): Promise<string[]> {
  const found = await Promise.all([
    product.kube.get(resources.mutatingWebhookConfigurations as Resource, "companyos-residency"),
    product.kube.get(resources.validatingWebhookConfigurations as Resource, "companyos-residency"),
  ]);
  return found.flatMap(({ webhooks }) =>
    (webhooks as { clientConfig: { url: string } }[]).map(
      ({ clientConfig }) => new URL(clientConfig.url).pathname,
    ),
  );
}

async function asStranger(at: string): Promise<number> {
  const map = await product.kube.get(resources.configMaps, "companyos-ca", { namespace });
  const dispatcher = new Agent({ connect: { ca: map.data!["ca.crt"]! } });
  try {
    const { statusCode, body } = await request(`${product.webhook.url}${at}`, {
      dispatcher,
      method: "POST",
      body: "{}",
    });
    await body.dump();
    return statusCode;
  } finally {
    await dispatcher.close();
  }
}

test("the API server asks at the path, strangers do not know it, and nobody is told", async () => {
  await until("a refusal by the webhook", refusedWithReceipt);
  const secret = await path();
  expect(secret).toMatch(/^[A-Za-z0-9_-]{43}$/);
  // In each entry of both configurations, however many there are.
  const named = await pathsNamed();
  expect(named.length).toBeGreaterThanOrEqual(2);
  expect(new Set(named)).toEqual(new Set([`/admit/${secret}`, `/admit/${secret}/own/new`]));
  for (const at of ["/admit", "/admit/guess"]) expect(await asStranger(at)).toBe(403);
  expect(await asStranger("/admit/")).toBe(404);
  expect(await asStranger(`/admit/${secret}`)).toBe(400);
  // Whoever is refused while the webhook is away reads what the API server says then.
  await product.stopWebhook();
  const { text } = await answerTo("while-away");
  expect(text).not.toContain(secret);
  await product.startWebhook();
  await until("a refusal by the webhook again", refusedWithReceipt);
  expect(product.logs.join("\n")).not.toContain(secret);
});

test("deleted, the path is another at once, and the former one is worth nothing", async () => {
  const former = await path();
  await product.kube.delete(secrets, name, { namespace });
  await until("another path in the configurations", async () => {
    const named = await pathsNamed();
    return named.every((one) => !one.startsWith(`/admit/${former}`) && one.startsWith("/admit/"));
  });
  await until("a refusal by the webhook at the new path", refusedWithReceipt);
  expect(await asStranger(`/admit/${former}`)).toBe(403);
});
