/** What still makes pods with a pin of before, and what does not. */
import type { KubeObject } from "@companyos/kube";
import { expect, test } from "@jest/globals";
import { isBetween, isOver } from "../src/tenants/moved.ts";

const of = (kind: string, more: object, metadata: object = {}): KubeObject =>
  ({ kind, metadata: { name: "a", ...metadata }, ...more }) as KubeObject;
const ownerReferences = [{ kind: "Deployment", name: "a", controller: true }];
const conditions = (type: string) => ({ status: { conditions: [{ type, status: "True" }] } });

test.each<[string, boolean, KubeObject]>([
  ["a Job that runs", false, of("Job", { status: { active: 1 } })],
  ["a suspended one", false, of("Job", conditions("Suspended"))],
  ["one that is complete", true, of("Job", conditions("Complete"))],
  ["one that failed", true, of("Job", conditions("Failed"))],
  ["a Deployment's old ReplicaSet", true, of("ReplicaSet", { spec: { replicas: 0 } }, { ownerReferences })],
  ["one that still has pods", false, of("ReplicaSet", { spec: { replicas: 1 } }, { ownerReferences })],
  ["one of its own, scaled to nothing", false, of("ReplicaSet", { spec: { replicas: 0 } })],
  ["a Deployment that is scaled to nothing", false, of("Deployment", { spec: { replicas: 0 } })],
  ["a pod that runs", false, of("Pod", { status: { phase: "Running" } })],
  ["a pod that is done", true, of("Pod", { status: { phase: "Succeeded" } })],
])("%s: is over %s", (_, over, object) => {
  expect(isOver(object)).toBe(over);
});

test("a StatefulSet between two templates makes pods of both, of which one is nowhere to be read", () => {
  const revisions = (currentRevision: string, updateRevision: string) =>
    of("StatefulSet", { status: { currentRevision, updateRevision } });
  expect(isBetween(revisions("a-1", "a-2"))).toBe(true);
  expect(isBetween(revisions("a-2", "a-2"))).toBe(false);
  // Held back by its partition, or its strategy OnDelete, it stays so.
  expect(isBetween(of("Deployment", { status: {} }))).toBe(false);
});
