/** What becomes of a Tenant's namespaces when they leave it, or it goes. */
import { annotations, type Tenant, type UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { unassigned } from "../src/tenants/by-default.ts";
import { isPurged, notedPolicy } from "../src/tenants/purge.ts";
import { abandoned, toLetGo } from "../src/tenants/release.ts";

const acme = (spec: object = {}): Tenant =>
  ({
    metadata: { name: "acme", uid: "1" },
    spec: { homeRegion: "eu-west-1", namespaces: ["claimed"], deletionPolicy: "Retain", ...spec },
  }) as Tenant;
const there = (name: string, said: Record<string, string> = {}, more: object = {}): KubeObject => ({
  metadata: { name, annotations: said, ...more },
});
const under = (policy: string) => ({ [annotations.deletionPolicy]: policy });
const handedOver = { [annotations.adoptedFrom]: "orphaned" };
const assigned = { ...handedOver, [annotations.assigned]: "default" };
const purge = { deletionPolicy: "Purge" };

test("what is claimed is noted as the Tenant says; what left keeps what was noted, and Retain where nothing was", () => {
  expect(notedPolicy(undefined, acme(purge))).toBe("Purge");
  expect(notedPolicy(there("claimed", under("Retain")), acme(purge))).toBe("Purge");
  expect(notedPolicy(there("claimed", under("Purge")), acme())).toBe("Retain");
  expect(notedPolicy(there("left", under("Retain")), acme(purge))).toBe("Retain");
  expect(notedPolicy(there("left"), acme(purge))).toBe("Retain");
  expect(notedPolicy(there("left", under("Purge")), acme(purge))).toBe("Purge");
});

test("a Purge reaches what was claimed under it, and what was handed over only when that is asked for by itself", () => {
  expect(isPurged(there("claimed", under("Retain")), acme(purge))).toBe(true);
  expect(isPurged(there("left", under("Retain")), acme(purge))).toBe(false);
  expect(isPurged(there("left", under("Purge")), acme(purge))).toBe(true);
  // Set back before the operator came to it.
  expect(isPurged(there("left", under("Purge")), acme())).toBe(false);
  const adopted = there("claimed", handedOver);
  expect(isPurged(adopted, acme(purge))).toBe(false);
  expect(isPurged(adopted, acme({ ...purge, adoptedDeletionPolicy: "Purge" }))).toBe(true);
  expect(isPurged(adopted, acme({ adoptedDeletionPolicy: "Purge" }))).toBe(false);
});

test("what a Tenant has as the default tenant is deleted by no Purge, claimed or not", () => {
  const all = { ...purge, adoptedDeletionPolicy: "Purge" };
  for (const name of ["claimed", "given"]) {
    const given = there(name, { ...assigned, ...under("Purge") });
    expect([name, notedPolicy(given, acme(all)), isPurged(given, acme(all))]).toEqual([
      name,
      "Retain",
      false,
    ]);
  }
});

test("let go by the spec is what it says and no longer claims, of what is the Tenant's own", () => {
  const its = [
    there("claimed"),
    there("old"),
    there("going", {}, { deletionTimestamp: "now" }),
    there("given", assigned),
  ];
  const left = toLetGo(its, acme({ release: ["claimed", "old", "going", "given"] }));
  expect(left.map(({ metadata }) => metadata.name)).toEqual(["old"]);
  expect(toLetGo(its, acme())).toEqual([]);
});

test("of a Tenant that is gone, let go is what somebody says of that very Tenant, once its end is told", () => {
  const labels = { "residency.companyos.io/tenant": "acme", "residency.companyos.io/tenant-uid": "1" };
  const says = (uid: string, more: object = {}) =>
    there(`says-${uid}`, { [annotations.letGo]: `acme/${uid}` }, { labels, ...more });
  const its = [
    says("1"),
    says("0"),
    there("silent", {}, { labels }),
    says("1", { name: "going", deletionTimestamp: "now" }),
    there("given", { ...assigned, [annotations.letGo]: "acme/1" }, { labels }),
  ];
  const names = (exists: boolean) => abandoned(its, () => exists).map(({ metadata }) => metadata.name);
  expect(names(false)).toEqual(["says-1"]);
  expect(names(true)).toEqual([]);
  const unknown = { ...labels, "residency.companyos.io/tenant-uid": "orphaned" };
  const nobodys = there("nobodys", { [annotations.letGo]: "acme/orphaned" }, { labels: unknown });
  expect(abandoned([nobodys], () => false)).toEqual([nobodys]);
});

describe("what a Tenant has as the default tenant", () => {
  const mine = { action: "DefaultTenant", tenant: "acme" } as const;
  const given = [
    there("given", assigned),
    // A claim alone does not make it its own.
    there("claimed", assigned),
    there("going", assigned, { deletionTimestamp: "now" }),
  ];
  const left = (setting: UnclaimedSetting, tenant: Tenant | undefined = acme()) =>
    unassigned(given, tenant, setting, "product").map(({ metadata }) => metadata.name);

  test("stays while the setting says so, whatever its spec says and however it fares", () => {
    expect(left(mine)).toEqual([]);
    expect(left(mine, acme({ paused: true, release: ["given"] }))).toEqual([]);
  });

  test.each<[string, UnclaimedSetting]>([
    ["Ignore", { action: "Ignore" }],
    ["Deny", { action: "Deny" }],
    ["another default tenant", { ...mine, tenant: "globex" }],
  ])("is let go under %s", (_, setting) => {
    expect(left(setting)).toEqual(["given", "claimed"]);
    expect(left(setting, acme({ paused: true, namespaces: ["given"] }))).toEqual(["given", "claimed"]);
  });

  test("is let go where the setting does not reach it any more, and only there", () => {
    expect(left({ ...mine, except: ["given"] })).toEqual(["given"]);
    expect(unassigned(given, acme(), mine, "given").map(({ metadata }) => metadata.name)).toEqual(["given"]);
  });

  test("is let go with its Tenant: when that one goes, and where it is gone", () => {
    const going = { ...acme(), metadata: { ...acme().metadata, deletionTimestamp: "now" } } as Tenant;
    expect(left(mine, going)).toEqual(["given", "claimed"]);
    expect(unassigned(given, undefined, mine, "product")).toHaveLength(2);
    expect(unassigned(given, undefined, { action: "Ignore" }, "product")).toHaveLength(2);
  });
});
