import { type ClusterAccess, sharedCluster } from "@companyos/cluster";
import { parseTenant } from "@companyos/crds";
import { until } from "@companyos/test/until";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type FootprintObject, footprint } from "../src/index.ts";

const plan = { homeRegion: "eu-west-1", regions: ["eu-west-1"], mode: "Enforce" } as const;
const plurals: Record<string, string> = {
  Namespace: "namespaces",
  ResourceQuota: "resourcequotas",
  LimitRange: "limitranges",
  NetworkPolicy: "networkpolicies",
  RoleBinding: "rolebindings",
  ClusterRole: "clusterroles",
  ClusterRoleBinding: "clusterrolebindings",
};

function pathOf({ apiVersion, kind, metadata }: FootprintObject): string {
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const namespace = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `${root}${namespace}/${plurals[kind]}/${metadata.name}`;
}

interface Stored {
  readonly metadata: { readonly resourceVersion: string };
}

let cluster: ClusterAccess;
let objects: FootprintObject[];

const apply = (object: FootprintObject) =>
  cluster.request(
    "PATCH",
    `${pathOf(object)}?fieldManager=cdk8s-test&force=true&fieldValidation=Strict`,
    object,
    "application/apply-patch+yaml",
  ) as Promise<Stored>;

beforeAll(async () => {
  cluster = await sharedCluster();
  const parsed = parseTenant({
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    metadata: { name: "cdk8s-test" },
    spec: {
      homeRegion: "eu-west-1",
      quota: { hard: { "requests.cpu": 8, pods: "1e2" } },
      limits: { default: { cpu: "0.5" }, defaultRequest: { memory: "64Mi" } },
      owners: [
        { kind: "User", name: "cdk8s-ann", role: "admin" },
        { kind: "ServiceAccount", name: "deployer", namespace: "default" },
      ],
    },
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  objects = footprint(parsed.value, plan);
});

afterAll(async () => {
  for (const object of objects.filter(({ kind }) => kind.startsWith("Cluster")))
    await cluster.request("DELETE", pathOf(object));
  await cluster.request("DELETE", "/api/v1/namespaces/cdk8s-test");
});

test("a footprint applies under strict validation, and applying it again writes nothing", async () => {
  for (const object of objects) await apply(object);
  for (const object of objects) {
    const before = (await cluster.request("GET", pathOf(object))) as Stored;
    const after = await apply(object);
    // The quota controller writes status on its own time; what we applied is what is compared.
    if (object.kind !== "ResourceQuota") {
      expect([object.kind, after.metadata.resourceVersion]).toEqual([
        object.kind,
        before.metadata.resourceVersion,
      ]);
    }
  }
});

test("not even an owner with the role admin can touch the namespace's residency metadata", async () => {
  const may = async (verb: string, resource: string, subresource?: string) => {
    const resourceAttributes = {
      verb,
      resource,
      subresource,
      namespace: "cdk8s-test",
      name: resource === "namespaces" ? "cdk8s-test" : undefined,
    };
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SubjectAccessReview",
      spec: { user: "cdk8s-ann", resourceAttributes },
    };
    const response = await cluster.request(
      "POST",
      "/apis/authorization.k8s.io/v1/subjectaccessreviews",
      review,
    );
    return (response as { status: { allowed: boolean } }).status.allowed;
  };
  for (const verb of ["create", "update", "patch", "delete"])
    expect([verb, await may(verb, "namespaces")]).toEqual([verb, false]);
  expect(await may("update", "namespaces", "status")).toBe(false);
  expect(await may("update", "namespaces", "finalize")).toBe(false);
  expect(await may("create", "pods", "binding")).toBe(false);
  // What they need, they have. Roles are aggregated shortly after the control plane starts.
  await until("roles to be aggregated", () => may("create", "pods"), Boolean, { timeoutMs: 30_000 });
  expect(await may("create", "pods")).toBe(true);
});
