import { kinds } from "@companyos/crds";
import { expect, test } from "@jest/globals";
import { App, Chart } from "cdk8s";
import * as constructs from "../src/index.ts";

const { EvidenceBundle, InvalidManifest, Region, ResidencyPolicy, Tenant } = constructs;

test("every kind has a construct", () => {
  for (const { kind } of kinds) expect(Object.keys(constructs)).toContain(kind);
});

test("constructs render the manifests a person would write", () => {
  const chart = new Chart(new App(), "onboarding", { labels: { team: "platform" } });
  new Region(chart, "region", { metadata: { name: "eu-west-1" }, spec: { jurisdiction: "EU" } });
  new Tenant(chart, "tenant", {
    metadata: { name: "acme" },
    spec: { homeRegion: "eu-west-1", quota: { hard: { pods: 5 } } },
  });
  new ResidencyPolicy(chart, "policy", {
    metadata: { name: "eu" },
    spec: { allowed: { jurisdictions: ["EU"] } },
  });
  new EvidenceBundle(chart, "bundle", { spec: { tenant: "acme" } });
  const [region, tenant, policy, bundle] = chart.toJson();
  const labels = { team: "platform" };
  const apiVersion = "residency.companyos.io/v1";
  expect(region).toEqual({
    apiVersion,
    kind: "Region",
    metadata: { name: "eu-west-1", labels },
    spec: { jurisdiction: "EU" },
  });
  expect(tenant).toMatchObject({
    kind: "Tenant",
    spec: { homeRegion: "eu-west-1", quota: { hard: { pods: 5 } } },
  });
  expect(policy).toMatchObject({ kind: "ResidencyPolicy", spec: { allowed: { jurisdictions: ["EU"] } } });
  expect(bundle.metadata.name).toMatch(/^onboarding-bundle-/);
});

test("a wrong spec is refused where it is written, with every wrong field", () => {
  const write = () =>
    new Tenant(new Chart(new App(), "chart"), "tenant", {
      metadata: { name: "acme" },
      spec: { homeRegion: "us-east-1", regions: ["eu-west-1"], namespace: "kube-system" },
    });
  expect(write).toThrow(InvalidManifest);
  expect(write).toThrow(
    /^Tenant acme: spec.homeRegion: homeRegion must be one of regions; spec.namespace: a tenant cannot claim/,
  );
  expect(write).toThrow(
    expect.objectContaining({
      code: "INVALID_MANIFEST",
      problems: [
        expect.objectContaining({ field: "spec.homeRegion" }),
        expect.objectContaining({ field: "spec.namespace" }),
      ],
    }),
  );
});
