/** Workloads whose pods stay whatever becomes of the template, until somebody deletes them. */
import type { KubeObject } from "@companyos/kube";
import { describe, expect, test } from "@jest/globals";
import { isAbroad, selectorOf } from "../src/rollouts/abroad.ts";
import { deletedByHand } from "../src/rollouts/by-hand.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import { isKeeping, slimWorkload, type Workload } from "../src/rollouts/workload.ts";

const kindOf = (name: string) => rolledKinds.find(({ resource }) => resource.kind === name)!;
const selector = { matchLabels: { app: "web" } };
const workload = (kind: string, spec: object = {}): Workload => ({
  kind: kindOf(kind),
  object: slimWorkload(kindOf(kind), {
    metadata: { name: "web", namespace: "acme", uid: "its" },
    spec: { selector, ...spec },
  }),
});
const onDelete = { updateStrategy: { type: "OnDelete" } };

test("are those by themselves that only keep a number, and those whose strategy it is", () => {
  const kept = ["ReplicaSet", "ReplicationController", "StatefulSet", "DaemonSet", "Deployment"].map(
    (kind) => [isKeeping(workload(kind)), isKeeping(workload(kind, onDelete))],
  );
  expect(kept).toEqual([
    [true, true],
    [true, true],
    [false, true],
    [false, true],
    [false, true],
  ]);
  expect(selectorOf(workload("ReplicaSet"))).toBe("app=web");
  expect(selectorOf(workload("StatefulSet", onDelete))).toBe("app=web");
});

describe("a pod of theirs is abroad", () => {
  const regionOf = (node: string) => ({ here: "eu", there: "us" })[node];
  const pod = (nodeName: string | undefined, more: object = {}, owner = "its"): KubeObject => ({
    metadata: {
      name: "a",
      ownerReferences: [{ apiVersion: "apps/v1", kind: "X", name: "x", uid: owner, controller: true }],
      ...more,
    },
    spec: { nodeName, nodeSelector: { "node-restriction.kubernetes.io/residency-region": "us" } },
  });
  const is = (one: KubeObject, kind = "ReplicaSet") => isAbroad(one, workload(kind), ["eu"], regionOf);

  test("where it runs outside of the regions, nobody knows where, or waits for a node there", () => {
    expect([pod("there"), pod("unknown"), pod(undefined)].map((one) => is(one))).toEqual([true, true, true]);
    expect([is(pod("here")), is({ ...pod(undefined), spec: {} })]).toEqual([false, false]);
  });

  test("not where it goes, has ended, or is somebody else's that the selector finds", () => {
    expect(is(pod("there", { deletionTimestamp: "now" }))).toBe(false);
    expect(is({ ...pod("there"), status: { phase: "Succeeded" } })).toBe(false);
    expect(is(pod("there", {}, "another"))).toBe(false);
    expect(is(pod("there", {}, "a-replica-set"), "Deployment")).toBe(true);
  });
});

test("they say how many are abroad, and a command that deletes no other pod", () => {
  expect(deletedByHand(workload("ReplicaSet"), { pods: 2, names: ["web-a", "web-b"] })).toEqual({
    reason: "OnDelete",
    message:
      "a ReplicaSet keeps its pods, and 2 of them run outside of the regions, or wait for a node there, until somebody deletes them; new ones are pinned: kubectl delete pod -n acme web-a web-b",
    given: true,
  });
  const names = ["a", "b", "c", "d", "e"].map((name) => name.repeat(253));
  const many = deletedByHand(workload("StatefulSet", onDelete), { pods: 900, names });
  expect(many.message).toMatch(/^its update strategy is OnDelete, and 900 of them /);
  // A command that was cut would name a pod that there is not.
  expect(many.message).toMatch(/: kubectl delete pod -n acme a+ b+ \(the first 2; then the next\)$/);
  expect(many.message.length).toBeLessThanOrEqual(1_024);
});
