import type { Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import type { ClusterState } from "../src/adopt/candidates.ts";
import { candidates, leftBehind } from "../src/release/candidates.ts";
import { outcomeOf } from "../src/release/run.ts";

const made = (name: string, spec: object = {}, more: object = {}): Tenant =>
  ({ metadata: { name, uid: `${name}-uid`, ...more }, spec: { homeRegion: "eu-west-1", ...spec } }) as Tenant;
const there = (name: string, tenant?: string, uid?: string, more: object = {}): KubeObject => ({
  metadata: {
    name,
    labels: {
      ...(tenant === undefined ? {} : { "residency.companyos.io/tenant": tenant }),
      ...(uid === undefined ? {} : { "residency.companyos.io/tenant-uid": uid }),
    },
    ...more,
  },
});
const cluster: ClusterState = {
  tenants: [
    made("acme", { namespaces: ["acme-claimed"], release: ["acme-said"] }),
    made("going", {}, { deletionTimestamp: "now" }),
    made("paused", { paused: true }),
    made("full", { release: Array.from({ length: 64 }, (_, i) => `old-${i}`) }),
    made("purging", { deletionPolicy: "Purge" }),
  ],
  namespaces: [
    there("acme", "acme", "acme-uid"),
    there("acme-claimed", "acme", "acme-uid"),
    there("acme-left", "acme", "acme-uid"),
    there("acme-said", "acme", "acme-uid"),
    there("acme-former", "acme", "acme-before"),
    there("acme-agreed", "acme", "acme-before", {
      annotations: { "residency.companyos.io/let-go": "acme/acme-before" },
    }),
    there("acme-of-before", "acme", "acme-before", {
      annotations: { "residency.companyos.io/let-go": "acme/acme-of-then" },
    }),
    there("nobody-knows", "globex", "orphaned"),
    there("unmarked", "globex"),
    there("by-default", "acme", "acme-uid", {
      annotations: { "residency.companyos.io/assigned": "default" },
    }),
    there("deleted", "globex", "globex-uid", { deletionTimestamp: "now" }),
    there("going-left", "going", "going-uid"),
    there("paused-left", "paused", "paused-uid"),
    there("full-left", "full", "full-uid"),
    there("purging", "purging", "purging-uid"),
    there("free"),
  ],
  unreadable: new Set(["hidden"]),
  productNamespace: "companyos-system",
};
const told = (...names: string[]) =>
  candidates(names, cluster).map(({ state, code, living }) =>
    [state, code, living].filter(Boolean).join(" "),
  );

test("what is merely gone was not let go, nor what bears its name now", () => {
  const live = (uid: string, ...tenant: string[]) => there("data", tenant[0], tenant[1], { uid });
  const gone = { state: "refused", code: "NAMESPACE_MISSING" };
  expect(outcomeOf(undefined, "1")).toMatchObject(gone);
  expect(outcomeOf(live("2"), "1")).toMatchObject(gone);
  expect(outcomeOf(live("2", "acme", "acme-uid"), "1")).toMatchObject(gone);
  expect(outcomeOf(live("1"), "1")).toEqual({ state: "released" });
  expect(outcomeOf(live("1", "acme", "acme-uid"), "1")).toEqual({});
});

test("let go is what a Tenant that is gone left, and what a living one has and claims no more", () => {
  expect(told("acme-left", "acme-former", "acme-of-before", "nobody-knows")).toEqual([
    "releasable true",
    "releasable",
    "releasable",
    "releasable",
  ]);
  expect(told("acme-said", "acme-agreed", "free")).toEqual(["waiting true", "waiting", "released"]);
});

test("what is claimed, by default, on its way out or not to be read is refused, each with its reason", () => {
  const all = [
    "acme",
    "acme-claimed",
    "by-default",
    "deleted",
    "unmarked",
    "going-left",
    "paused-left",
    "full-left",
  ];
  expect(told(...all, "missing", "hidden")).toEqual([
    "refused CLAIMED true",
    "refused CLAIMED true",
    "refused ASSIGNED true",
    "refused NAMESPACE_TERMINATING",
    "refused NOT_SETTLED",
    "refused TENANT_DELETING true",
    "refused TENANT_PAUSED true",
    "refused SPEC_FULL true",
    "refused NAMESPACE_MISSING",
    "refused NOT_PERMITTED",
  ]);
  expect(candidates(["purging"], cluster)[0]?.message).toMatch(/DELETES its namespaces/);
});

test("left behind is what has a Tenant's uid that no Tenant has", () => {
  expect(leftBehind(cluster)).toEqual([
    "acme-former",
    "acme-agreed",
    "acme-of-before",
    "nobody-knows",
    "deleted",
  ]);
});
