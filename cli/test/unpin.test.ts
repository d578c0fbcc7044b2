import { isPodOver, resources } from "@companyos/kube";
import { rolledKinds } from "@companyos/operator/rollouts";
import { expect, test } from "@jest/globals";
import { isJobOver } from "../src/finished.ts";
import { writerOf } from "../src/unpin/written-back.ts";

const vouched = "node-restriction.kubernetes.io/residency-region";
const { path } = rolledKinds.find(({ resource }) => resource.kind === resources.deployments.kind)!;

test("a Job is over once it has failed, too; one that is suspended or about to fail is not", () => {
  const condition = (type: string, status = "True") => ({ conditions: [{ type, status }] });
  expect(isJobOver({ completionTime: "2026-01-01T00:00:00Z" })).toBe(true);
  expect([condition("Complete"), condition("Failed")].map(isJobOver)).toEqual([true, true]);
  const open = [
    undefined,
    {},
    condition("Suspended"),
    condition("FailureTarget"),
    condition("Failed", "False"),
  ];
  expect(open.map(isJobOver)).toEqual(open.map(() => false));
  expect(["Running", "Succeeded", "Failed"].map((phase) => isPodOver({ phase }))).toEqual([
    false,
    true,
    true,
  ]);
});

const entry = (manager: string, time: string, podSpec: object) => ({
  ...{ manager, time, operation: "Update", fieldsV1: { "f:spec": { "f:template": { "f:spec": podSpec } } } },
});
const deployment = (podSpec: object, ...managedFields: object[]) => ({
  metadata: { managedFields },
  spec: { template: { spec: podSpec } },
});
const affinity = {
  "f:affinity": { "f:nodeAffinity": { "f:requiredDuringSchedulingIgnoredDuringExecution": {} } },
};

test("who wrote a pin back is the last manager of the field that bears it, and never unpin itself", () => {
  const selected = deployment(
    { nodeSelector: { [vouched]: "eu" } },
    entry("kubectl", "2026-01-01T00:00:00Z", { "f:nodeSelector": {} }),
    entry("argocd-controller", "2026-01-02T00:00:00Z", { "f:nodeSelector": {} }),
    entry("scaler", "2026-01-03T00:00:00Z", { "f:containers": {} }),
    entry("companyos-unpin", "2026-01-04T00:00:00Z", { "f:nodeSelector": {} }),
    entry("other", "2026-01-05T00:00:00Z", affinity),
  );
  expect(writerOf(selected, path, "companyos-unpin")).toBe("argocd-controller");
  const terms = deployment({}, entry("kustomize-controller", "2026-01-01T00:00:00Z", affinity));
  expect(writerOf(terms, path, "companyos-unpin")).toBe("kustomize-controller");
  expect(writerOf(deployment({}), path, "companyos-unpin")).toBeUndefined();
});
