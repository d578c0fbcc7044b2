/** What becomes of a Tenant's namespaces when they leave it, or it goes. */
import { annotations, type Tenant, type UnclaimedSetting } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { isPurged, notedPolicy } from "../src/tenants/purge.ts";
import { toLetGo } from "../src/tenants/release.ts";

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

test("let go is what the spec says and no longer claims, and what a Tenant has no more by default", () => {
  const assigned = { ...handedOver, [annotations.assigned]: "default" };
  const its = [
    there("claimed"),
    there("old"),
    there("going", {}, { deletionTimestamp: "now" }),
    there("given", assigned),
  ];
  const names = (setting: UnclaimedSetting, spec: object = {}) =>
    toLetGo(its, acme({ release: ["claimed", "old", "going", "given"], ...spec }), setting).map(
      ({ metadata }) => metadata.name,
    );
  const mine = { action: "DefaultTenant", tenant: "acme" } as const;
  expect(names(mine)).toEqual(["old"]);
  expect(names({ ...mine, except: ["given"] })).toEqual(["old", "given"]);
  expect(names({ ...mine, tenant: "globex" })).toEqual(["old", "given"]);
  expect(names({ action: "Deny" }, { release: undefined })).toEqual(["given"]);
  expect(names({ action: "Ignore" }, { namespaces: ["claimed", "given"] })).toEqual(["old"]);
});
