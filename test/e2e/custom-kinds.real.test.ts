import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type Api, openApi } from "../src/api.ts";
import { declared } from "../src/declare.ts";
import { provenEvidence, receiptIdIn } from "../src/evidence.ts";
import { type Product, startProduct } from "../src/product.ts";
import { until } from "../src/until.ts";

/** Custom resources of other people's controllers: decided while their CRDs are there, their rules gone with them. */

const tenant = `custom-${Date.now().toString(36)}`;
const region = "topology.kubernetes.io/region";
const merge = "application/merge-patch+json";
const crds = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const registration =
  "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/companyos-residency";

let product: Product;
let api: Api;

beforeAll(async () => {
  product = await startProduct();
  api = await openApi(product.dev.kubeconfig);
  await declared(api, tenant);
}, 180_000);

afterAll(async () => {
  for (const { plural, group } of kinds) await api?.request("DELETE", `${crds}/${plural}.${group}`);
  await api?.close();
  await product?.stop();
}, 180_000);

const kinds = [
  { group: "apps.kruise.io", version: "v1beta1", kind: "StatefulSet", plural: "statefulsets" },
  // A version that nobody knows yet.
  { group: "ray.io", version: "v7", kind: "RayCluster", plural: "rayclusters" },
] as const;
const [statefulSets, rayClusters] = kinds;
type Kind = (typeof kinds)[number];

const collection = ({ group, version, plural }: Kind) =>
  `/apis/${group}/${version}/namespaces/${tenant}/${plural}`;

/** Any object is one of it: the shapes are those of the projects, their schemas would add nothing here. */
function crd({ group, version, kind, plural }: Kind) {
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { kind, plural, singular: kind.toLowerCase(), listKind: `${kind}List` },
      versions: [{ name: version, served: true, storage: true, schema }],
    },
  };
}

const containers = [{ name: "main", image: "nginx:1.29" }];
const to = (place: string) => ({ template: { spec: { nodeSelector: { [region]: place }, containers } } });
const object = ({ group, version, kind }: Kind, name: string, spec: object) => ({
  apiVersion: `${group}/${version}`,
  kind,
  metadata: { name },
  spec,
});
const workers = (...places: string[]) => ({
  headGroupSpec: to("eu-west-1"),
  workerGroupSpecs: places.map(to),
});
const create = (kind: Kind, name: string, spec: object, query = "") =>
  api.request("POST", `${collection(kind)}${query}`, object(kind, name, spec));

const registered = async (): Promise<string[]> => {
  const { body } = await api.request("GET", registration);
  return (body.webhooks as { name: string; rules: { apiGroups: string[]; resources: string[] }[] }[])
    .filter(({ name }) => name.startsWith("custom-placements."))
    .flatMap(({ rules }) =>
      rules.flatMap(({ apiGroups, resources }) => resources.map((r) => `${r}.${apiGroups[0]}`)),
    )
    .sort();
};

test("the webhook is registered for a kind when its CRD comes, in whatever version it is served", async () => {
  expect(await registered()).toEqual([]);
  for (const kind of kinds) expect((await api.request("POST", crds, crd(kind))).status).toBe(201);
  await until("registered", registered, (all) => all.length === 2);
  expect(await registered()).toEqual(["rayclusters.ray.io", "statefulsets.apps.kruise.io"]);
  // The API server takes a registration up a moment after it was written.
  for (const [kind, spec] of [
    [statefulSets, to("us-east-1")],
    [rayClusters, workers("us-east-1")],
  ] as const)
    await until(
      `${kind.kind} refused`,
      () => create(kind, "abroad", spec, "?dryRun=All"),
      ({ status }) => status === 403,
    );
});

test("what leads abroad in any of its pod templates is refused with a receipt; at home it is not touched", async () => {
  const whole = await create(statefulSets, "abroad", to("us-east-1"));
  const one = await create(rayClusters, "abroad", workers("eu-west-1", "us-east-1"));
  for (const { status, body } of [whole, one]) {
    expect({ status, message: body.message }).toEqual({
      status: 403,
      message: expect.stringMatching(/CROSS_REGION/),
    });
    expect(receiptIdIn(body.message)).toBeDefined();
  }
  expect(one.body.message).toContain(`spec.workerGroupSpecs[1].template.spec.nodeSelector["${region}"]`);
  const spec = workers("eu-west-1", "eu-west-1");
  const home = await create(rayClusters, "home", spec);
  expect(home.status).toBe(201);
  expect(home.body.spec).toEqual(spec);
  expect((await create(rayClusters, "silent", { headGroupSpec: {} })).status).toBe(201);
});

test("an update is asked about where a template moved, and nowhere else", async () => {
  const path = `${collection(rayClusters)}/home`;
  const patch = (body: object) => api.request("PATCH", path, body, merge);
  expect((await patch({ spec: workers("us-east-1") })).status).toBe(403);
  expect((await patch({ spec: { enableInTreeAutoscaling: true } })).status).toBe(200);
  expect((await patch({ metadata: { labels: { seen: "yes" } } })).status).toBe(200);
});

test("companyos conformance tries those that the cluster serves, and finds that they hold", async () => {
  const { stdout } = await product.companyos(
    "conformance",
    "--tenant",
    tenant,
    "--attempts",
    "1",
    "--output",
    "json",
  );
  const { holds, customKinds, failures, attempts } = JSON.parse(stdout);
  expect({ holds, customKinds, failures, attempts }).toEqual({
    holds: true,
    customKinds: ["apps.kruise.io/v1beta1 StatefulSet"],
    failures: [],
    attempts: 2,
  });
});

test("what was refused is in the tenant's evidence", async () => {
  const covers = await until(
    "three refusals in the evidence",
    () => provenEvidence(product, tenant),
    ({ blocks }) => blocks >= 3,
    { timeoutMs: 40_000 },
  );
  expect(covers).toMatchObject({ blocks: 3, outside: 0 });
}, 120_000);

test("with the CRD its rule goes, and the other stays", async () => {
  const { plural, group } = statefulSets;
  expect((await api.request("DELETE", `${crds}/${plural}.${group}`)).status).toBe(200);
  await until("one left", registered, (all) => all.length === 1);
  expect(await registered()).toEqual(["rayclusters.ray.io"]);
});
