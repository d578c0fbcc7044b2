import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { declarePolicy, declareRegions, declareTenant, residency, tenantReady } from "../src/declare.ts";
import { sumOfMetric } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";

/** COMPANYOS_SOAK=1 tries what the product promises; without it the same, smaller and shorter. */
const full = process.env.COMPANYOS_SOAK === "1";
const count = full ? 200 : 40;
const seconds = full ? 60 : 15;

const group = `quiet-${Date.now().toString(36)}`;
const names = Array.from({ length: count }, (_, index) => `${group}-${index}`);

let product: Product;
let api: Api;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
}, 180_000);

afterAll(async () => {
  await api?.close();
  await product?.stop();
}, 180_000);

/** Kept in memory or nowhere, or written by the simulated kubelets: not what this is about. */
const notCounted = new Set([
  "leases",
  "nodes",
  "tokenreviews",
  "subjectaccessreviews",
  "selfsubjectaccessreviews",
]);
const writing = new Set(["POST", "PUT", "PATCH", "APPLY", "DELETE", "DELETECOLLECTION"]);

/** Writing requests so far, by verb and resource, whoever sent them: also those that changed nothing. */
async function writes(): Promise<Map<string, number>> {
  const { body } = await api.request("GET", "/metrics");
  const found = new Map<string, number>();
  for (const line of (body as string).split("\n")) {
    if (!line.startsWith("apiserver_request_total{")) continue;
    const label = (name: string) => new RegExp(`[{,]${name}="([^"]*)"`).exec(line)?.[1] ?? "";
    const [verb, resource, subresource] = [label("verb"), label("resource"), label("subresource")];
    if (!writing.has(verb) || notCounted.has(resource) || subresource === "token") continue;
    const key = `${verb} ${resource}${subresource ? `/${subresource}` : ""}`;
    found.set(key, (found.get(key) ?? 0) + Number(line.slice(line.lastIndexOf(" ") + 1)));
  }
  return found;
}

async function writesWithin(duration: number): Promise<Record<string, number>> {
  const before = await writes();
  await new Promise((resolve) => setTimeout(resolve, duration * 1000));
  const after = [...(await writes())].map(([key, n]) => [key, n - (before.get(key) ?? 0)] as const);
  return Object.fromEntries(after.filter(([, n]) => n > 0));
}

const readyTenants = async () => {
  const { items } = (await api.request("GET", `${residency}/tenants`)).body as { items: Tenant[] };
  return items.filter(
    ({ metadata, status }) =>
      metadata.name.startsWith(group) &&
      status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True"),
  ).length;
};

test(`with ${count} tenants Ready nobody writes anything but Leases for ${seconds} s`, async () => {
  await declareRegions(api);
  await declarePolicy(api, group, "Enforce");
  for (let i = 0; i < count; i += 10)
    await Promise.all(names.slice(i, i + 10).map((name) => declareTenant(api, name, group)));
  await until(`${count} tenants Ready`, readyTenants, (ready) => ready === count, { timeoutMs: 120_000 });
  // Quotas and policy status are counted a moment later by those who count them.
  // What is told again is written 10 s after it was told first.
  await until(
    "12 s without a write",
    async () => {
      const began = performance.now();
      const found = await writesWithin(12);
      // A machine that stood still meanwhile has shown nothing.
      return performance.now() - began > 14_000 ? undefined : found;
    },
    (found) => found !== undefined && Object.keys(found).length === 0,
    { timeoutMs: 180_000 },
  );
  expect(await writesWithin(seconds)).toEqual({});
}, 480_000);

test("that is no blindness: a change is seen, and only its own tenant is written", async () => {
  const changing = writesWithin(5);
  await declareTenant(api, names[0] as string, `${group}-moved`);
  await declarePolicy(api, `${group}-moved`, "Audit");
  await tenantReady(api, names[0] as string, "Audit");
  const found = await changing;
  expect(Object.keys(found).length).toBeGreaterThan(0);
  expect(Math.max(...Object.values(found))).toBeLessThan(count);
}, 180_000);

test("each replica of the webhook keeps all of it in no more than 150 MB", async () => {
  for (const url of product.dev.metrics.webhook)
    expect(await sumOfMetric([url], "process_resident_memory_bytes")).toBeLessThan(150_000_000);
});

interface Tenant {
  readonly metadata: { readonly name: string };
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
}
