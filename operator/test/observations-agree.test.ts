import { createDecider, type Plan } from "@companyos/policies";
import { loadBundle } from "@companyos/policies/bundle";
import { plan, region, topology } from "@companyos/policies/testing/topology";
import { issueReceipt, parseReceipt, type ReceiptEvent } from "@companyos/receipts";
import { nodeCrypto } from "@companyos/receipts/node";
import { contradiction } from "@companyos/receipts/testing/parts";
import { runs } from "@companyos/test/explored";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { settledInProcess } from "../src/denials/event.ts";
import { placementDecision, placementEnded, placementObserved } from "../src/placements/event.ts";
import { seenPod } from "../src/placements/pod.ts";

/** What the operator records is never what a verifier calls contradictory. */

const [rid, cluster, at] = ["01990000-0000-7000-8000-000000000000", "main", 1];
const pod = seenPod({
  metadata: { uid: "pod-uid", namespace: "acme", name: "web-1" },
  spec: { nodeName: "n1", containers: [{ image: "app:1" }] },
  status: { phase: "Running" },
});

async function contradictionOf(event: ReceiptEvent): Promise<string | undefined> {
  const sub = event.tenant === undefined ? "_log" : "AAAAAAAAAAAAAAAAAAAAAA";
  const place = { iss: "companyos.example/log", iat: 1, idx: 1, sub, seq: 1, prev: 0, src: "journal", n: 1 };
  const { leaf } = await issueReceipt({
    event,
    place,
    kid: "receipt-0",
    sign: () => new Uint8Array(64),
    random: nodeCrypto.randomBytes,
  });
  return contradiction(parseReceipt(`${leaf}~`, nodeCrypto.sha256).claims);
}

const regionAt = (i: number): string => `region-${i}`;

test("an observation and its end are consistent in any mode, wherever the node, also of more regions than a receipt names", async () => {
  const asked = fc.record({
    regions: fc.uniqueArray(fc.nat(79), { maxLength: 80 }),
    mode: fc.constantFrom("Enforce", "Warn", "Audit") as fc.Arbitrary<Plan["mode"]>,
    node: fc.oneof(
      { weight: 8, arbitrary: fc.nat(79) },
      fc.constantFrom("gone" as const, "of no region" as const),
    ),
  });
  await fc.assert(
    fc.asyncProperty(asked, async ({ regions, mode, node: where }) => {
      const plan: Plan = {
        tenant: "acme",
        uid: "tenant-uid",
        homeRegion: "eu-west-1",
        regions: regions.map(regionAt).sort(),
        mode,
        policies: [],
        digest: `sha256:${"1".repeat(64)}`,
      };
      const region = typeof where === "number" ? regionAt(where) : undefined;
      const node = where === "gone" ? undefined : { name: "n1", region, labels: {} };
      const observed = placementObserved({ rid, at, cluster, pod, plan, node });
      expect(await contradictionOf(observed)).toBeUndefined();
      // A lawful one that is told as outside, and the other way round, are caught.
      const forged = observed.decision === "allow" ? "block" : "allow";
      expect(await contradictionOf({ ...observed, decision: forged })).toEqual(expect.any(String));
      const recorded = {
        state: "observed" as const,
        rid,
        tenantUid: plan.uid,
        node: "n1",
        region: region ?? "unknown",
        home: plan.homeRegion,
      };
      const ended = placementEnded({ rid, at, cluster, uid: "pod-uid", recorded, tenant: "acme", plan, pod });
      expect(await contradictionOf(ended)).toBeUndefined();
    }),
    { numRuns: runs(300) },
  );
});

test("what the API server settled without the webhook is consistent", async () => {
  const names = [
    ["companyos-pinned", "admission.denied_in_process"],
    ["pods.residency.companyos.io", "admission.undecided"],
  ];
  for (const [name, type] of names as [string, string][]) {
    const increase = { process: "0", name, from: 1, to: 5 };
    const event = settledInProcess({ rid, at, cluster, log: "eu-west-1", increase });
    expect(event.type).toBe(type);
    expect(await contradictionOf(event)).toBeUndefined();
  }
});

test.each([["Enforce"], ["Warn"], ["Audit"]] as const)(
  "in mode %s an observation decides as admission does, inside and outside the regions",
  async (mode) => {
    const decider = await createDecider(await loadBundle());
    const inForce = plan(["eu-west-1"], mode);
    for (const where of ["eu-west-1", "us-east-1"]) {
      const admitted = decider.decide({
        operation: "CREATE",
        group: "",
        resource: "pods",
        object: { metadata: {}, spec: { nodeSelector: { [region]: where } } },
        topology: topology(["eu-west-1"]),
        plan: inForce,
      });
      const observed = placementDecision({ name: "n1", region: where, labels: {} }, inForce);
      expect(observed).toEqual({ region: where, decision: admitted.verdict, reason: admitted.reason });
    }
  },
);
