import type { KubeObject, ManagedFieldsEntry } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { selectorOf } from "../src/rollouts/abroad.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import { isLeftAlone } from "../src/rollouts/left-alone.ts";
import { givenBack } from "../src/rollouts/ownership.ts";
import { slimWorkload } from "../src/rollouts/workload.ts";

const path = ["spec", "template"];
const vouched = "node-restriction.kubernetes.io/residency-region";
const linux = { "kubernetes.io/os": "linux" };
const kindOf = (name: string) => rolledKinds.find(({ resource }) => resource.kind === name)!;
const inTemplate = (fields: object) => ({ "f:spec": { "f:template": { "f:spec": fields } } });
const entry = (manager: string, operation: string, fieldsV1: object, more: object = {}) =>
  ({
    manager,
    operation,
    apiVersion: "apps/v1",
    fieldsType: "FieldsV1",
    fieldsV1,
    ...more,
  }) as ManagedFieldsEntry;
const rollout = (fields: object) => entry("companyos-operator/rollout", "Update", fields);
const object = (podSpec: object, ...managedFields: ManagedFieldsEntry[]): KubeObject => ({
  metadata: { name: "web", namespace: "acme", uid: "u", managedFields },
  spec: { template: { spec: podSpec } },
});

describe("what we own of a template", () => {
  const selector = inTemplate({ "f:nodeSelector": {} });
  const helm = entry("helm", "Apply", inTemplate({ "f:containers": {} }));
  const status = entry("kube-controller-manager", "Update", { "f:status": {} }, { subresource: "status" });
  const touch = { "f:metadata": { "f:annotations": { "f:residency.companyos.io/repin": {} } } };
  const bears = { nodeSelector: { ...linux, [vouched]: "eu" } };

  test("goes to the one that applies it, as far as it wrote the field; what is beside the template stays ours", () => {
    expect(givenBack(object(bears, helm, status, rollout({ ...touch, ...selector })), path)).toEqual([
      { ...helm, fieldsV1: inTemplate({ "f:containers": {}, "f:nodeSelector": {} }) },
      status,
      rollout(touch),
    ]);
  });

  test("terms too, and what companyos unpin took over", () => {
    const required = "f:requiredDuringSchedulingIgnoredDuringExecution";
    const terms = inTemplate({ "f:affinity": { "f:nodeAffinity": { [required]: {} } } });
    const nodeSelectorTerms = [{ matchExpressions: [{ key: "disk", operator: "Exists" }] }];
    const spec = {
      affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
    };
    expect(givenBack(object(spec, helm, entry("companyos-unpin", "Update", terms)), path)).toEqual([
      {
        ...helm,
        fieldsV1: inTemplate({
          "f:containers": {},
          "f:affinity": { "f:nodeAffinity": { [required]: {} } },
        }),
      },
    ]);
  });

  test("is nobody's where nothing in the field is an author's, or where several apply it, or none", () => {
    const pinOnly = { nodeSelector: { [vouched]: "eu" } };
    expect(givenBack(object(pinOnly, helm, rollout(selector)), path)).toEqual([helm]);
    const ci = entry("ci", "Apply", inTemplate({ "f:containers": {} }));
    expect(givenBack(object(bears, helm, ci, rollout(selector)), path)).toEqual([helm, ci]);
    expect(givenBack(object(bears, status, rollout(selector)), path)).toEqual([status]);
    expect(givenBack(object(bears, rollout(selector)), path)).toEqual([{}]);
  });

  test("is nothing after a touch, and then nothing of it is kept in memory", () => {
    expect(givenBack(object(bears, helm, rollout(touch)), path)).toBeUndefined();
    const kept = (one: ManagedFieldsEntry) =>
      slimWorkload(kindOf("Deployment"), object(bears, helm, one)).metadata.managedFields;
    expect(kept(rollout(touch))).toBeUndefined();
    expect(kept(rollout(selector))).toEqual([rollout(selector)]);
  });
});

describe("workloads that are left alone", () => {
  const madeBy = (apiVersion: string, kind: string, spec: object = { selector: {} }): KubeObject => ({
    metadata: { name: "a", ownerReferences: [{ apiVersion, kind, name: "x", uid: "u", controller: true }] },
    spec,
  });
  const isLeft = (kind: string, object: KubeObject) =>
    isLeftAlone({ kind: kindOf(kind), object: slimWorkload(kindOf(kind), object) });

  test("are those of other operators, not what a kind made that is rolled itself", () => {
    expect(isLeft("StatefulSet", madeBy("databases.example.com/v1", "Postgres"))).toBe(true);
    expect(isLeft("ReplicaSet", madeBy("argoproj.io/v1alpha1", "Rollout"))).toBe(true);
    expect(isLeft("ReplicaSet", madeBy("apps/v1", "Deployment"))).toBe(false);
    expect(isLeft("DaemonSet", madeBy("x.example.com/v1", "Agent"))).toBe(false);
    expect(isLeft("CronJob", madeBy("x.example.com/v1", "Backup", {}))).toBe(false);
    expect(isLeft("Deployment", { metadata: { name: "a" }, spec: { selector: {} } })).toBe(false);
  });

  test("are found by their selector", () => {
    const query = (kind: string, selector: object) =>
      selectorOf({ kind: kindOf(kind), object: { metadata: { name: "a" }, spec: { selector } } });
    expect(query("ReplicationController", { app: "a", tier: "b" })).toBe("app=a,tier=b");
    const matchExpressions = [
      { key: "x", operator: "In", values: ["1", "2"] },
      { key: "y", operator: "NotIn", values: ["3"] },
      { key: "z", operator: "Exists" },
      { key: "n", operator: "DoesNotExist" },
    ];
    expect(query("Deployment", { matchLabels: { app: "a" }, matchExpressions })).toBe(
      "app=a,x in (1,2),y notin (3),z,!n",
    );
  });
});
