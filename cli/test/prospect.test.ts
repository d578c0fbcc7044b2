/** What `companyos adopt` says of what runs in a namespace before it changes hands. */
import type { Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { createDecider, type Decider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { beforeAll, expect, test } from "@jest/globals";
import { type ClusterState, unnamed } from "../src/adopt/candidates.ts";
import type { Contents, Surroundings } from "../src/adopt/contents.ts";
import { limitProblems } from "../src/adopt/limits.ts";
import { prospectOf } from "../src/adopt/prospect.ts";
import { type QuotaUse, quotaUse, quotaWarnings } from "../src/adopt/quota.ts";
import { limitCases } from "./limit-cases.ts";

const apiVersion = "residency.companyos.io/v1";
const region = (name: string): KubeObject => ({
  apiVersion,
  kind: "Region",
  metadata: { name },
  spec: { jurisdiction: "XX", zones: [`${name}a`] },
});
const node = (name: string, at: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Node",
  metadata: { name, labels: { "topology.kubernetes.io/region": at } },
});
const policy = (mode: string): KubeObject => ({
  apiVersion,
  kind: "ResidencyPolicy",
  metadata: { name: "all" },
  spec: { mode, allowed: { regions: ["eu"] } },
});
const around = (mode: string): Surroundings => ({
  regions: [region("eu"), region("us")],
  policies: [policy(mode)],
  nodes: [node("n-eu", "eu"), node("n-us", "us")],
  volumes: [],
  customKinds: [],
  unread: [],
});
const acme = {
  metadata: { name: "acme", uid: "1" },
  spec: { homeRegion: "eu", regions: ["eu", "us"] },
} as Tenant;
const pod = (name: string, nodeName: string, owner?: { kind: string; uid: string }): KubeObject => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: {
    name,
    ...(owner
      ? { ownerReferences: [{ apiVersion: "x/v1", name: `the-${owner.uid}`, controller: true, ...owner }] }
      : {}),
  },
  spec: { nodeName, containers: [] },
});
const made = (kind: string, name: string, uid: string, podSpec: object, owner?: string): KubeObject => ({
  apiVersion: "apps/v1",
  kind,
  metadata: {
    name,
    uid,
    ...(owner
      ? {
          ownerReferences: [
            { apiVersion: "apps/v1", kind: "Deployment", name: "x", uid: owner, controller: true },
          ],
        }
      : {}),
  },
  spec: { template: { spec: { containers: [], ...podSpec } } },
});
const contents: Contents = {
  workloads: [
    made("Deployment", "web", "d", {}),
    made("ReplicaSet", "web-1", "rs", {}, "d"),
    {
      ...made("Rollout", "green", "g", { nodeSelector: { "topology.kubernetes.io/region": "us" } }),
      apiVersion: "argoproj.io/v1alpha1",
    },
    made("StatefulSet", "db", "s", { nodeSelector: { "topology.kubernetes.io/region": "us" } }),
  ],
  pods: [
    pod("web-1-a", "n-eu", { kind: "ReplicaSet", uid: "rs" }),
    pod("web-1-b", "n-us", { kind: "ReplicaSet", uid: "rs" }),
    pod("db-0", "n-us", { kind: "StatefulSet", uid: "s" }),
    pod("canary-1", "n-9", { kind: "Rollout", uid: "r" }),
    pod("green-1", "n-eu", { kind: "Rollout", uid: "g" }),
    pod("bare", "n-us"),
    { ...pod("done", "n-us"), status: { phase: "Succeeded" } },
  ],
  claims: [],
  guards: [],
  unread: ["Secret"],
};

let decider: Decider;
beforeAll(async () => {
  decider = await createDecider(await loadBundle());
});
const objects = {
  ...{
    pods: 7,
    secrets: 3,
    configmaps: null,
    persistentvolumeclaims: 0,
    serviceaccounts: 1,
    rolebindings: 0,
  },
};
const of = (mode: string, tenant: Tenant | undefined = acme) =>
  prospectOf({ namespace: "legacy", tenant, contents, objects, around: around(mode), decider });
const told = ({ workloads }: ReturnType<typeof prospectOf>) =>
  workloads.map(({ kind, name, outcome, regions, pods, podsOutside }) =>
    [kind, name, outcome, `${podsOutside}/${pods}`, regions.join()].join(" "),
  );

test("pods stand under what made them, each with where it runs, and what its plan says to its template", () => {
  expect(told(of("Enforce"))).toEqual([
    "Deployment web pinned 1/2 eu,us",
    "Pod bare outside 1/1 us",
    "Rollout green refused 0/1 eu",
    "Rollout the-r undecided 1/1 unknown",
    "StatefulSet db refused 1/1 us",
  ]);
  expect(of("Enforce")).toMatchObject({ mode: "Enforce", allowed: ["eu"], unread: ["Secret"] });
});

test("what bears the name of one of the footprint's objects is named: it does not stay as it is", () => {
  const guard = (kind: string, name: string, labels = {}): KubeObject => ({
    ...{ apiVersion: "v1", kind, metadata: { name, namespace: "legacy", labels } },
  });
  const own = { "residency.companyos.io/tenant": "acme", "app.kubernetes.io/managed-by": "companyos" };
  const guards = [
    guard("NetworkPolicy", "companyos-isolation"),
    guard("NetworkPolicy", "companyos-limits"),
    guard("ResourceQuota", "companyos-quota", own),
    guard("ResourceQuota", "own"),
  ];
  const network = { isolation: "Isolated" } as const;
  const tenant = { ...acme, spec: { ...acme.spec, network, quota: { hard: { pods: "9" } } } } as Tenant;
  const surroundings = around("Enforce");
  const prospect = (guards: readonly KubeObject[]) =>
    prospectOf({
      namespace: "legacy",
      tenant,
      contents: { ...contents, guards },
      objects,
      around: surroundings,
      decider,
    });
  expect(prospect(guards).clashes).toEqual(["NetworkPolicy companyos-isolation"]);
  const others = guards.map((one) => ({ ...one, metadata: { ...one.metadata, labels: {} } }));
  expect(prospect(others).clashes).toEqual([
    "NetworkPolicy companyos-isolation",
    "ResourceQuota companyos-quota",
  ]);
});

test("what the limits that come would not let be made anew is named, by what made it", () => {
  const limits = { max: { cpu: "2" }, default: { memory: "1Gi" }, min: { memory: "64Mi" } };
  const pods = [
    {
      ...pod("bare", "n-eu"),
      spec: { nodeName: "n-eu", containers: [{ name: "a", resources: { requests: { cpu: "3" } } }] },
    },
    pod("web-1-a", "n-eu", { kind: "ReplicaSet", uid: "rs" }),
  ];
  const big = made("Deployment", "web", "d", {
    containers: [{ name: "b", resources: { limits: { cpu: "2500m" } } }],
  });
  const workloads = [big, made("ReplicaSet", "web-1", "rs", {}, "d")];
  const tenant = { ...acme, spec: { ...acme.spec, limits } } as Tenant;
  const its = { ...contents, pods, workloads };
  const prospect = prospectOf({
    namespace: "legacy",
    tenant,
    contents: its,
    objects,
    around: around("Enforce"),
    decider,
  });
  expect(prospect.workloads.map(({ name, limits }) => [name, limits])).toEqual([
    ["web", ["container b asks for cpu 2500m, and spec.limits.max allows 2"]],
    ["bare", ["container a asks for cpu 3, and spec.limits.max allows 2"]],
  ]);
  expect(prospect.comes).toContain("LimitRange max cpu=2; default memory=1Gi; min memory=64Mi");
});

test.each([...limitCases])("of a container and the limits of its Tenant: %s", (_, limits, resources, why) => {
  const spec = { containers: [{ name: "c", resources }] };
  expect(limitProblems(spec, limits)).toEqual(why.map((one) => `container c ${one}`));
});

test("where nothing is enforced nothing is pinned or refused, only recorded", () => {
  expect(told(of("Audit")).map((line) => line.split(" ").slice(1, 3))).toEqual([
    ["web", "lawful"],
    ["bare", "outside"],
    ["green", "recorded"],
    ["the-r", "undecided"],
    ["db", "recorded"],
  ]);
});

test("without a Tenant it says where everything is, and decides nothing", () => {
  const { mode, workloads } = prospectOf({
    namespace: "legacy",
    tenant: undefined,
    contents,
    objects,
    around: around("Enforce"),
    decider,
  });
  expect(mode).toBeNull();
  expect(new Set(workloads.map(({ outcome }) => outcome))).toEqual(new Set(["undecided"]));
  expect(workloads[0]).toMatchObject({ regions: ["eu", "us"], nodes: ["n-eu", "n-us"] });
});

const container = (requests?: object, limits?: object, more: object = {}) => ({
  resources: { ...(requests ? { requests } : {}), ...(limits ? { limits } : {}) },
  ...more,
});
const using = (spec: object, phase = "Running"): KubeObject => ({
  ...{ apiVersion: "v1", kind: "Pod", metadata: { name: "p" }, spec, status: { phase } },
});
const used = (
  hard: Record<string, string>,
  pods: KubeObject[],
  limits?: object,
  more: Partial<Contents> = {},
) =>
  quotaUse(
    { spec: { homeRegion: "eu", quota: { hard }, limits } as never },
    { ...contents, pods, ...more },
    objects,
  );
const brief = (uses: readonly QuotaUse[]) =>
  uses.map(({ resource, used, state, silentPods }) => [resource, used, state, silentPods]);

test("the quota that comes is compared with what is used, as the API server counts it", () => {
  const small = { cpu: "300m", memory: "128Mi" };
  const pods = [
    using({ containers: [container(small, { memory: "256Mi" }), container(small)] }),
    // A sidecar counts beside the others, another init container only if it asks for more than they do.
    using({
      initContainers: [container({ cpu: "100m" }, {}, { restartPolicy: "Always" }), container({ cpu: "2" })],
      containers: [container(small)],
      overhead: { cpu: "50m" },
    }),
    using({ resources: { requests: { cpu: "1" } }, containers: [container(small)] }),
    using({ containers: [container({ cpu: "64" })] }, "Succeeded"),
  ];
  const hard = {
    "requests.cpu": "4",
    cpu: "3750m",
    "requests.memory": "1Gi",
    "limits.memory": "256Mi",
    pods: "2",
    "count/pods": "7",
    secrets: "5",
    configmaps: "5",
    "count/deployments.apps": "1",
    "count/widgets.example.com": "1",
  };
  expect(brief(used(hard, pods))).toEqual([
    ["requests.cpu", "3750m", "fits", 0],
    ["cpu", "3750m", "full", 0],
    ["requests.memory", "512Mi", "fits", 1],
    ["limits.memory", "256Mi", "full", 3],
    ["pods", "3", "over", 0],
    ["count/pods", "7", "full", 0],
    ["secrets", "3", "fits", 0],
    ["configmaps", null, "unknown", 0],
    ["count/deployments.apps", "1", "full", 0],
    ["count/widgets.example.com", null, "unknown", 0],
  ]);
  const warnings = quotaWarnings(used({ pods: "2", "limits.memory": "1Gi" }, pods));
  expect(warnings[0]).toMatch(/^quota pods: 3 is used and 2 allowed: what runs goes on/);
  expect(warnings[1]).toMatch(/^quota limits\.memory: 3 pods say nothing of it: made anew they are refused/);
  // Defaults that come with the quota fill in what a pod leaves out, the limit for the request too.
  expect(brief(used({ "limits.memory": "1Gi" }, pods, { default: { memory: "1Gi" } }))[0]?.[3]).toBe(0);
  expect(brief(used({ cpu: "9" }, pods, { max: { cpu: "1" } }))[0]?.[3]).toBe(0);
});

test("claims count by class, and what you may not list is not compared", () => {
  const claim = (storageClassName: string, storage: string): KubeObject => ({
    ...{ metadata: { name: "c" }, spec: { storageClassName, resources: { requests: { storage } } } },
  });
  const claims = [claim("fast", "10Gi"), claim("slow", "512Mi")];
  const hard = {
    persistentvolumeclaims: "2",
    "requests.storage": "20Gi",
    "fast.storageclass.storage.k8s.io/requests.storage": "5Gi",
    "fast.storageclass.storage.k8s.io/persistentvolumeclaims": "2",
  };
  expect(brief(used(hard, [], undefined, { claims }))).toEqual([
    ["persistentvolumeclaims", "2", "full", 0],
    ["requests.storage", "10752Mi", "fits", 0],
    ["fast.storageclass.storage.k8s.io/requests.storage", "10Gi", "over", 0],
    ["fast.storageclass.storage.k8s.io/persistentvolumeclaims", "1", "fits", 0],
  ]);
  const blind = { claims: [], unread: ["PersistentVolumeClaim", "Pod"] };
  expect(brief(used({ ...hard, pods: "1" }, [], undefined, blind)).map(([, , state]) => state)).toEqual(
    Array(5).fill("unknown"),
  );
});

test("without --tenant it is the one that claims it; none, or several, is said", () => {
  const claims = (name: string) =>
    ({ metadata: { name, uid: name }, spec: { homeRegion: "eu", namespaces: ["legacy"] } }) as Tenant;
  const cluster = (...tenants: Tenant[]): ClusterState => ({
    tenants,
    namespaces: [{ metadata: { name: "legacy" } }],
    unreadable: new Set(),
    productNamespace: "companyos-system",
  });
  const codes = (names: string[], ...tenants: Tenant[]) =>
    unnamed(names, cluster(...tenants)).map(({ tenant, state, code }) => [tenant, state, code]);
  expect(codes(["legacy"], claims("one"), acme)).toEqual([["one", "adoptable", undefined]]);
  expect(codes(["legacy"], acme)).toEqual([[null, "refused", "NOT_CLAIMED"]]);
  expect(codes(["none"], acme)).toEqual([[null, "refused", "NAMESPACE_MISSING"]]);
  expect(codes(["legacy"], claims("one"), claims("two")).map(([, , code]) => code)).toEqual([
    "AMBIGUOUS",
    "AMBIGUOUS",
  ]);
});
