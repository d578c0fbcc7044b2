/** Whether somebody asked since a change began: that tells attempts from retries of what was asked before. */
import type { TenantRollout } from "@companyos/crds";
import type { KubeObject } from "@companyos/kube";
import { plan, topology } from "@companyos/policies/testing/topology";
import { beforeEach, expect, test } from "@jest/globals";
import { Asked } from "../src/rollouts/asked.ts";
import { rolloutStatus, type Standing, standingOf } from "../src/rollouts/due.ts";
import { elsewhere } from "../src/rollouts/elsewhere.ts";
import { rolledKinds } from "../src/rollouts/kinds.ts";
import type { Workload } from "../src/rollouts/workload.ts";

const kind = rolledKinds.find(({ resource }) => resource.kind === "Deployment")!;
const before = "2026-11-26T00:00:00Z";
const since = "2026-11-27T00:00:00Z";
const after = "2026-11-27T00:00:01Z";
const state = { planDigest: "d", regions: ["eu-west-1"], since, namespaces: ["acme"] };

const workload = (generation: number, more: object = {}, podSpec: object = {}): Workload => ({
  kind,
  object: {
    metadata: {
      name: "web",
      namespace: "acme",
      uid: "u",
      generation,
      creationTimestamp: before,
      ...more,
    },
    spec: { replicas: 0, template: { spec: podSpec } },
    status: { observedGeneration: generation },
  } as KubeObject,
});
const due = (one: Workload): Standing => ({ workload: one, is: "due" });

let asked: Asked;
beforeEach(() => {
  asked = new Asked();
});
const statusOf = (one: Workload, last?: TenantRollout, of: typeof state = state) =>
  rolloutStatus(of, asked.of([due(one)], of, last));
const entryOf = (one: Workload, last?: TenantRollout, of?: typeof state) =>
  statusOf(one, last, of).waiting![0];

test("nobody did, as long as its spec is what it was", () => {
  expect(entryOf(workload(3))).toMatchObject({ generation: 3 });
  expect(entryOf(workload(3))).not.toHaveProperty("asked");
});

test("somebody did, once its spec changed; another operator knows it from the status", () => {
  const last = statusOf(workload(3));
  expect(entryOf(workload(4))).toMatchObject({ generation: 3, asked: true });
  asked = new Asked();
  expect(entryOf(workload(4), last)).toMatchObject({ generation: 3, asked: true });
  // A change that is another one begins anew.
  asked = new Asked();
  expect(entryOf(workload(4), last, { ...state, since: after })).not.toHaveProperty("asked");
});

test("what was made since was asked for, whatever the status says of one of its name", () => {
  const last = statusOf(workload(3));
  expect(entryOf(workload(1, { uid: "new", creationTimestamp: after }), last)).toMatchObject({ asked: true });
});

test("what we write ourselves was asked for by nobody", () => {
  statusOf(workload(3));
  asked.begin(workload(3));
  // The watch may be faster than the response.
  expect(entryOf(workload(4))).not.toHaveProperty("asked");
  asked.end(workload(3), 4);
  expect(entryOf(workload(4))).not.toHaveProperty("asked");
  expect(entryOf(workload(5))).toMatchObject({ asked: true });
  // A try that wrote nothing hides nobody's change.
  asked.begin(workload(5));
  asked.end(workload(5), undefined);
  expect(entryOf(workload(5))).toMatchObject({ asked: true });
});

test("a workload that asks for a region abroad says so, too, when admission pinned it at its author's update", () => {
  const abroad = {
    nodeSelector: {
      "topology.kubernetes.io/region": "us-east-1",
      "node-restriction.kubernetes.io/residency-region": "eu-west-1",
    },
  };
  const elsewhereOf = elsewhere({ topology: () => topology(plan(["eu-west-1"]).regions) });
  const standing = (podSpec: object) =>
    standingOf(workload(2, {}, podSpec), { regions: ["eu-west-1"] }, () => undefined, elsewhereOf);
  // Without a replica nothing is left to be moved, and a scale would be news to its author.
  expect(standing(abroad)).toMatchObject({ is: "rolling", held: { reason: "AsksElsewhere" } });
  const { "topology.kubernetes.io/region": _, ...pinned } = abroad.nodeSelector;
  expect(standing({ nodeSelector: pinned }).is).toBe("available");
});
