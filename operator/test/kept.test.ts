import type { KubeObject, OwnerReference } from "@companyos/kube";
import { asksElsewhere } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import { isMadeAnew, keptJobs, keptNote, keptStatus, slimJob } from "../src/rollouts/kept.ts";
import { podHeld } from "../src/rollouts/pod-held.ts";

const vouched = "node-restriction.kubernetes.io/residency-region";
const metadata = { namespace: "acme", name: "nightly", uid: "u", resourceVersion: "1", generation: 1 };
const job = (podSpec: object, more: object = {}) => ({
  apiVersion: "batch/v1",
  kind: "Job",
  metadata,
  spec: { template: { spec: { containers: [{ name: "main", image: "a:1" }], ...podSpec } } },
  ...more,
});
const over = { status: { conditions: [{ type: "Complete", status: "True" }] } };
const abroad = { nodeSelector: { "topology.kubernetes.io/region": "us" } };

describe("a Job", () => {
  test("is kept without what is not read, and one that is over by its name alone", () => {
    const slim = slimJob(job(abroad));
    expect(slim.spec.template.spec).toEqual(abroad);
    expect(slimJob(job(abroad, over))).toEqual({
      metadata: { namespace: "acme", name: "nightly", uid: "u", resourceVersion: "1" },
    });
  });

  test("that leads abroad is named while it may make pods, with what to do", () => {
    const elsewhereOf = () => asksElsewhere("us (spec.template.spec.nodeSelector)");
    const leaving = { ...slimJob(job(abroad)), metadata: { ...metadata, deletionTimestamp: "now" } };
    const found = [slimJob(job(abroad)), slimJob(job(abroad, over)), leaving];
    expect(keptStatus(keptJobs(found, ["eu"], elsewhereOf), undefined)).toEqual({
      kept: [
        {
          kind: "Job",
          namespace: "acme",
          name: "nightly",
          reason: "AsksElsewhere",
          message:
            "its template asks for us (spec.template.spec.nodeSelector), where the tenant may not run: a Job that has begun keeps its template. Delete it, and make it anew where it may run; a suspended one can be corrected",
        },
      ],
    });
    expect(
      keptStatus(
        keptJobs(found, ["eu"], () => undefined),
        undefined,
      ),
    ).toEqual({});
  });
});

describe("a pod that waits for a node", () => {
  const pod = (region: string | undefined, ...owners: OwnerReference[]): KubeObject => ({
    metadata: { name: "one", namespace: "acme", ownerReferences: owners },
    spec: region === undefined ? {} : { nodeSelector: { [vouched]: region } },
  });

  test("waits for ever where no region of its pin is allowed", () => {
    expect(podHeld(pod("us"), ["eu"])?.message).toMatch(
      /^it waits for a node in us, .* keeps its pin; delete it, and make another/,
    );
    const owner = { apiVersion: "batch/v1", uid: "u", controller: true, kind: "Job", name: "nightly" };
    expect(podHeld(pod("residency.companyos.io-none", owner), ["eu"])?.message).toContain(
      "and Job nightly makes another",
    );
    expect(podHeld(pod("eu"), ["eu", "us"])).toBeUndefined();
    expect(podHeld(pod(undefined), ["eu"])).toBeUndefined();
  });
});

test("a pod is made anew by the kinds that are rolled, not by those of other groups that bear their names", () => {
  const madeBy = (apiVersion: string, kind: string) =>
    isMadeAnew({
      metadata: {
        name: "a-0",
        ownerReferences: [{ apiVersion, kind, name: "a", uid: "u", controller: true }],
      },
    });
  expect([madeBy("apps/v1", "StatefulSet"), madeBy("v1", "ReplicationController")]).toEqual([true, true]);
  for (const kind of ["StatefulSet", "DaemonSet", "CloneSet"])
    expect(madeBy("apps.kruise.io/v1beta1", kind)).toBe(false);
  expect(isMadeAnew({ metadata: { name: "alone" } })).toBe(false);
});

test("the status names as many as fit, and an Event those that it did not name before", () => {
  const many = Array.from({ length: 30 }, (_, i) =>
    slimJob(job(abroad, { metadata: { ...metadata, name: `j-${i}` } })),
  );
  const all = keptJobs(many, ["eu"], () => asksElsewhere("us"));
  const { kept, keptUnnamed } = keptStatus(all, undefined);
  expect([kept!.length, keptUnnamed]).toEqual([20, 10]);
  expect(keptStatus(all.slice(0, 28), { keptUnnamed: 10 }).keptUnnamed).toBe(8);
  expect(keptStatus(all.slice(0, 20), { keptUnnamed: 10 })).not.toHaveProperty("keptUnnamed");
  expect(keptNote(undefined, kept)).toMatch(
    /^Job acme\/j-0, .*Job acme\/j-4 and 15 more can run nowhere .* make them anew/,
  );
  expect(keptNote(kept!.slice(1), kept)).toMatch(/^Job acme\/j-0 can run nowhere .* make it anew/);
  for (const now of [kept, kept!.slice(1), undefined]) expect(keptNote(kept, now)).toBeUndefined();
});
