/** What `companyos adopt` says of what runs in a namespace before it changes hands. */
import type { Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { createDecider, type Decider } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { beforeAll, expect, test } from "@jest/globals";
import { type ClusterState, unnamed } from "../src/adopt/candidates.ts";
import type { Contents, Surroundings } from "../src/adopt/contents.ts";
import { prospectOf } from "../src/adopt/prospect.ts";

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
  unread: ["Secret"],
};

let decider: Decider;
beforeAll(async () => {
  decider = await createDecider(await loadBundle());
});
const of = (mode: string, tenant: Tenant | undefined = acme) =>
  prospectOf({ namespace: "legacy", tenant, contents, around: around(mode), decider });
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
    around: around("Enforce"),
    decider,
  });
  expect(mode).toBeNull();
  expect(new Set(workloads.map(({ outcome }) => outcome))).toEqual(new Set(["undecided"]));
  expect(workloads[0]).toMatchObject({ regions: ["eu", "us"], nodes: ["n-eu", "n-us"] });
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
