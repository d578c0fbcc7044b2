import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { lastChanger, takenBy } from "../src/changed-by.ts";

const tenant = "companyos-operator/tenant";
const desired: KubeObject = {
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name: "acme", labels: { mode: "Enforce" }, annotations: { regions: "eu" } },
};
const entry = (manager: string, labels: object, more: object = {}) => ({
  manager,
  operation: "Update",
  fieldsV1: { "f:metadata": { "f:labels": labels } },
  ...more,
});
const live = (...managedFields: object[]): KubeObject => ({ metadata: { name: "acme", managedFields } });
const applied = (labels: object) => entry(tenant, labels, { operation: "Apply" });

test("who changed a value has the field that was ours; who has another field, or ours beside us, did not", () => {
  const theirs = entry("kubectl-label", { ".": {}, "f:mode": {} });
  expect(takenBy(live(applied({}), theirs), desired, tenant)).toEqual(["kubectl-label"]);
  expect(takenBy(live(theirs), desired, tenant)).toEqual(["kubectl-label"]);
  expect(takenBy(live(applied({ "f:mode": {} }), theirs), desired, tenant)).toEqual([]);
  expect(takenBy(live(applied({}), entry("argocd", { "f:team": {} })), desired, tenant)).toEqual([]);
  // What took a field away has none, and the operator's other programs are nobody to name.
  expect(takenBy(live(applied({})), desired, tenant)).toEqual([]);
  expect(takenBy(live(entry("companyos-operator/ownership", { "f:mode": {} })), desired, tenant)).toEqual([]);
});

test("who only calls itself something like the operator is no part of it", () => {
  for (const manager of ["companyos-operatorx", "companyos-operator-too/tenant"]) {
    expect(takenBy(live(applied({}), entry(manager, { "f:mode": {} })), desired, tenant)).toEqual([manager]);
    expect(lastChanger(live({ manager, time: "2026-11-28T03:00:00Z" }))).toBe(manager);
  }
  for (const manager of ["companyos-operator", "companyos-operator/other"])
    expect(lastChanger(live({ manager, time: "2026-11-28T03:00:00Z" }))).toBeUndefined();
});

test("a list that is changed as a whole has one owner", () => {
  const binding: KubeObject = {
    kind: "RoleBinding",
    metadata: { name: "b" },
    subjects: [{ kind: "User", name: "jane" }],
  };
  const has = (manager: string, operation: string, fields: object) => ({
    manager,
    operation,
    fieldsV1: fields,
  });
  const all = live(
    has(tenant, "Apply", { "f:roleRef": {} }),
    has("kubectl-edit", "Update", { "f:subjects": {} }),
  );
  expect(takenBy(all, binding, tenant)).toEqual(["kubectl-edit"]);
});

test("of what is written whole, who wrote after us changed it; else nobody is named", () => {
  const at = (manager: string, time: string, more: object = {}) => ({ manager, time, ...more });
  const installed = at("companyos-operator/admission", "2026-11-28T02:00:00Z");
  expect(lastChanger(live(installed, at("kubectl-edit", "2026-11-28T03:00:00Z")))).toBe("kubectl-edit");
  expect(lastChanger(live(installed, at("kubectl-edit", "2026-11-28T01:00:00Z")))).toBeUndefined();
  expect(
    lastChanger(live(installed, at("x", "2026-11-28T03:00:00Z", { subresource: "status" }))),
  ).toBeUndefined();
  // Whole seconds: it may have written just before us.
  expect(lastChanger(live(installed, at("kubectl-edit", "2026-11-28T02:00:00Z")))).toBeUndefined();
  expect(lastChanger(live())).toBeUndefined();
});
