/** What `preview --diff` says of a namespace that the Tenant has as the default tenant. */
import { annotations, labels, type Tenant } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import type { Plan } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { claimsOf } from "../src/preview/claims.ts";
import { compareFootprint, keptOf } from "../src/preview/compare.ts";

const uid = "1";
const lodger = (spec: object) =>
  ({
    metadata: { name: "lodger", uid },
    spec: { homeRegion: "eu-west-1", deletionPolicy: "Purge", adoptedDeletionPolicy: "Purge", ...spec },
  }) as Tenant;
const namespace = (name: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: {
    name,
    labels: { [labels.tenant]: "lodger", [labels.tenantUid]: uid },
    annotations: { [annotations.assigned]: "default", [annotations.deletionPolicy]: "Purge" },
  },
});
const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q", namespace: "stray" } };

test("claimed, it is a conflict until both sides agree, and no Purge deletes it", () => {
  const tenant = lodger({ namespaces: ["stray"], release: [] });
  const desired = [namespace("stray"), quota] as KubeObject[];
  const live = [namespace("stray")];
  const productNamespace = "companyos-system";
  const claims = claimsOf(tenant, {} as Plan, { all: [tenant], live, productNamespace });
  const changes = compareFootprint({ tenant, desired, live, uid, claims });
  expect(changes.map(({ action, object }) => `${action} ${object.kind}`)).toEqual([
    "conflict Namespace",
    "conflict ResourceQuota",
  ]);
  expect(changes[0]!.note).toContain("companyos adopt stray --tenant lodger");
});

test("not claimed, it stays as it is, whatever spec.release says of it: it goes by the setting", () => {
  for (const spec of [{}, { release: ["stray"] }])
    expect(keptOf([namespace("stray")], lodger(spec), uid)).toEqual(["stray"]);
});
