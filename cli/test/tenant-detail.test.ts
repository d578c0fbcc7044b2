import { expect, test } from "@jest/globals";
import { tenantDetail } from "../src/status/tenant-detail.ts";

const one = (kind: string, name: string, pods = 1) => ({
  apiVersion: "v1",
  kind,
  namespace: "acme",
  name,
  pods,
});
const detail = (status?: object) => tenantDetail({ spec: { homeRegion: "eu-west-1" }, status });

test("a Tenant's line says where it may live, what is not there yet, and what runs outside", () => {
  expect(detail()).toBe("home eu-west-1, may live in no region");
  const rollout = { left: 2, place: 3 };
  expect(detail({ homeRegion: "us-east-1", effectiveRegions: ["us-east-1"], rollout })).toBe(
    "home us-east-1, may live in us-east-1, 2 workloads not there yet (place 3 in line)",
  );
  const named = [one("CloneSet", "clone", 3), one("Pod", "debug")];
  expect(detail({ effectiveRegions: ["eu-west-1"], outside: { pods: 4, named } })).toBe(
    "home eu-west-1, may live in eu-west-1, 4 pods outside: CloneSet acme/clone (3), Pod acme/debug",
  );
});

test("of many the first, and of what an earlier release wrote the number alone", () => {
  expect(detail({ outside: { pods: 1 } })).toMatch(/, 1 pod outside$/);
  const named = ["a", "b", "c", "d"].map((name) => one("Pod", name));
  expect(detail({ outside: { pods: 4, named } })).toMatch(/: Pod acme\/a, .*Pod acme\/c and 1 more$/);
  expect(detail({ outside: { pods: 900, named: named.slice(0, 1), unnamed: 800 } })).toMatch(
    /, 900 pods outside: Pod acme\/a and 800 more$/,
  );
});
