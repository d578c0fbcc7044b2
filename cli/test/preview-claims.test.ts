/** What a preview makes of namespaces that a Tenant claims: as the operator does, by its own lines. */
import { annotations, consentTo, labels, type Tenant } from "@companyos/crds";
import { inventoryFromFiles } from "@companyos/inventory";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { claimsOf } from "../src/preview/claims.ts";
import { compareFootprint } from "../src/preview/compare.ts";
import { enforcesBy } from "../src/preview/enforces.ts";

const productNamespace = "companyos-system";
const plan = {
  tenant: "acme",
  uid: "1",
  homeRegion: "eu",
  regions: ["eu"],
  mode: "Enforce",
} as unknown as Plan;
const tenant = (name: string, spec: object, metadata: object = {}) =>
  ({ metadata: { name, ...metadata }, spec: { homeRegion: "eu", ...spec } }) as Tenant;
const namespace = (name: string, metadata: object = {}): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, ...metadata },
});
const claims = (one: Tenant, live: readonly KubeObject[] = [], others: readonly Tenant[] = []) =>
  claimsOf(one, plan, { all: [one, ...others], live, productNamespace });

test("a namespace that both sides hand over is the Tenant's then: what it says afterwards is shown", () => {
  const acme = tenant("acme", { namespaces: ["legacy"], adopt: ["legacy"] }, { uid: "1" });
  const worn = {
    labels: { team: "web", [labels.tenant]: "before", [labels.tenantUid]: "0", [labels.mode]: "Audit" },
    annotations: { [annotations.adoptBy]: consentTo({ name: "acme", uid: "1" }) },
  };
  const live = [namespace("legacy", worn)];
  const found = claims(acme, live);
  expect([...found.problems]).toEqual([]);
  const desired = [
    namespace("legacy", { labels: { [labels.tenant]: "acme", [labels.tenantUid]: "1" } }),
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q", namespace: "legacy" } },
  ];
  const changes = compareFootprint({ tenant: acme, desired, live, uid: "1", claims: found });
  expect(changes.map(({ action, object }) => `${action} ${object.kind}`)).toEqual([
    "adopt Namespace",
    "create ResourceQuota",
  ]);
  const { object, note } = changes[0]!;
  expect(object.metadata.labels).toMatchObject({
    team: "web",
    [labels.tenant]: "acme",
    [labels.mode]: "Enforce",
  });
  expect(object.metadata.annotations).toMatchObject({ [annotations.adoptedFrom]: "0" });
  expect(object.metadata.annotations).not.toHaveProperty([annotations.adoptBy]);
  expect(note).toContain("both sides agreed");
});

test("one side alone is a conflict that says what the other has to do, and so is what a living Tenant has", () => {
  const acme = tenant("acme", { namespaces: ["legacy"], adopt: ["legacy"] }, { uid: "1" });
  expect(claims(acme, [namespace("legacy")]).problems.get("legacy")).toContain(
    `${annotations.adoptBy}=${consentTo({ name: "acme", uid: "1" })}`,
  );
  const theirs = { labels: { [labels.tenant]: "other", [labels.tenantUid]: "2" } };
  const other = tenant("other", {}, { uid: "2" });
  const owned = claims(acme, [namespace("legacy", theirs)], [other]);
  expect(owned.problems.get("legacy")).toMatch(/exists and belongs to another Tenant.*\(Tenant other\)$/);
  const going = namespace("acme", {
    labels: { [labels.tenant]: "acme", [labels.tenantUid]: "1" },
    deletionTimestamp: "2026-01-01T00:00:00Z",
  });
  expect(claims(tenant("acme", {}, { uid: "1" }), [going]).problems.get("acme")).toContain("made again");
});

test("of two Tenants that claim what is not there yet the older has it; one of a file is younger than all that stand", () => {
  const at = (creationTimestamp: string) => ({ uid: creationTimestamp, creationTimestamp });
  const spec = { namespaces: ["shared"] };
  const older = tenant("zeta", spec, at("2026-01-01T00:00:00Z"));
  const younger = tenant("beta", spec, at("2026-02-01T00:00:00Z"));
  const unborn = tenant("alpha", spec);
  expect(claims(older, [], [younger, unborn]).problems.size).toBe(0);
  for (const one of [younger, unborn])
    expect(claims(one, [], [older]).problems.get("shared")).toContain("an older Tenant (Tenant zeta)");
});

test("whether an installation enforces shows in what its operator says of a plan that asks for it", () => {
  const apiVersion = "residency.companyos.io/v1";
  const region = {
    ...{ apiVersion, kind: "Region", metadata: { name: "eu" } },
    spec: { jurisdiction: "EU", zones: ["a"] },
  };
  const policy = (mode: string) => ({
    ...{ apiVersion, kind: "ResidencyPolicy", metadata: { name: "all" } },
    spec: { mode, allowed: { regions: ["eu"] } },
  });
  const cluster = (asked: string, status?: object) => [
    region,
    policy(asked),
    { apiVersion, kind: "Tenant", metadata: { name: "acme", uid: "1" }, spec: { homeRegion: "eu" }, status },
  ];
  const digest = (asked: string) => inventoryFromFiles(cluster(asked)).plan("acme")!.digest;
  expect(enforcesBy(cluster("Enforce", { mode: "Audit", planDigest: digest("Enforce") }))).toBe(false);
  expect(enforcesBy(cluster("Enforce", { mode: "Enforce", planDigest: digest("Enforce") }))).toBe(true);
  // Of an earlier plan, or where nothing asks for it, it says nothing.
  expect(enforcesBy(cluster("Enforce", { mode: "Audit", planDigest: "sha256:0" }))).toBeUndefined();
  expect(enforcesBy(cluster("Audit", { mode: "Audit", planDigest: digest("Audit") }))).toBeUndefined();
  expect(enforcesBy(cluster("Enforce"))).toBeUndefined();
});
