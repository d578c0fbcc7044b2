import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { lastWrite, whatChanged } from "../src/plans/announce.ts";
import type { RecordedPlan } from "../src/plans/event.ts";

const plan: RecordedPlan = {
  tenant: "acme",
  digest: "sha256:1",
  homeRegion: "eu-west-1",
  regions: ["eu-west-1", "us-east-1"],
  mode: "Audit",
  policies: ["audit"],
};

test("an Event says what is different, and nothing of what is not", () => {
  expect(whatChanged(plan, { ...plan, digest: "sha256:2" })).toBe("");
  expect(whatChanged(plan, { ...plan, mode: "Enforce", policies: [], regions: ["eu-west-1"] })).toBe(
    "regions: eu-west-1 (before: eu-west-1, us-east-1); mode: Enforce (before: Audit); policies: none (before: audit)",
  );
});

test("who wrote last is known of specs and labels, not of statuses, and the operator is nobody to name", () => {
  const written = (kind: string, ...fields: object[]): KubeObject => ({
    kind,
    metadata: { name: "one", managedFields: fields },
  });
  const tenant = written(
    "Tenant",
    { manager: "kubectl-client-side-apply", time: "2026-11-28T01:00:00Z" },
    { manager: "companyos-operator/tenant", time: "2026-11-28T04:00:00Z" },
    { manager: "somebody", time: "2026-11-28T03:00:00Z", subresource: "status" },
  );
  const policy = written("ResidencyPolicy", { manager: "argocd-controller", time: "2026-11-28T02:00:00Z" });
  expect(lastWrite([tenant, policy])).toBe(
    "ResidencyPolicy one, by argocd-controller at 2026-11-28T02:00:00Z",
  );
  expect(lastWrite([tenant])).toBe("Tenant one, by kubectl-client-side-apply at 2026-11-28T01:00:00Z");
  expect(lastWrite([{ kind: "Tenant", metadata: { name: "one" } }])).toBeUndefined();
});
