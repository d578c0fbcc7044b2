import { joined, type Region } from "@companyos/crds";
import { tenantsIn } from "@companyos/inventory";
import { describe, expect, test } from "@jest/globals";
import { inUseNote, regionHealth, regionStatus } from "../src/regions/status.ts";

const region = (name: string, zones?: string[], metadata: object = {}): Region =>
  ({
    apiVersion: "residency.companyos.io/v1",
    kind: "Region",
    metadata: { name, generation: 3, ...metadata },
    spec: { jurisdiction: "EU", ...(zones ? { zones } : {}) },
  }) as Region;
const west = region("eu-west-1", ["a", "b"]);
const none = { nodes: 0, tenants: [], namespace: "residency" };

describe("a Region", () => {
  test("with nodes is Ready", () => {
    expect(regionHealth({ ...none, region: west, regions: [west], nodes: 2 })).toMatchObject({
      state: "Ready",
      reason: "HasNodes",
    });
  });

  test("without nodes waits for the world, not for a person: its pool may be at zero", () => {
    expect(regionHealth({ ...none, region: west, regions: [west] })).toMatchObject({
      state: "Reconciling",
      reason: "NoNodes",
    });
  });

  test("says ZoneConflict where another one lists its zone, and so does the other one", () => {
    const central = region("eu-central-1", ["b", "c"]);
    const regions = [central, region("eu-north-1", ["d"]), west];
    for (const [one, other] of [
      [west, central],
      [central, west],
    ] as const) {
      const { state, reason, message } = regionHealth({ ...none, region: one, regions, nodes: 1 });
      expect([state, reason]).toEqual(["Stalled", "ZoneConflict"]);
      expect(message).toContain(`b (${other.metadata.name})`);
    }
    expect(regionHealth({ ...none, region: regions[1]!, regions, nodes: 1 })).toMatchObject({
      state: "Ready",
    });
  });

  test("that is deleted and in use waits for a person, and counts the Tenants, whose names are for the product's people", () => {
    const leaving = region("eu-west-1", [], { deletionTimestamp: "2026-11-28T00:00:00Z" });
    const tenants = Array.from({ length: 12 }, (_, i) => `t${i}`);
    const { state, reason, message } = regionHealth({
      region: leaving,
      regions: [leaving],
      nodes: 1,
      tenants,
      namespace: "residency",
    });
    expect([state, reason]).toEqual(["Stalled", "InUse"]);
    expect(message).toContain("which 12 still do");
    expect(message).toContain(
      "kubectl -n residency get events --field-selector involvedObject.name=eu-west-1,",
    );
    expect(message).not.toMatch(/\bt\d/);
    expect(inUseNote(tenants)).toContain("t0, t1, t2");
    expect(inUseNote(tenants)).toContain("and 2 more");
  });

  test("has its zones in one line for kubectl", () => {
    const condition = { type: "NodesVouched", status: "True", reason: "AllVouched", message: "" } as const;
    const vouched = { ...condition, lastTransitionTime: "2026-11-28T00:00:00Z" };
    const options = { ...none, regions: [west], vouched, now: 0 };
    expect(regionStatus({ ...options, region: west }).zonesText).toBe("a,b");
    expect(regionStatus({ ...options, region: region("bare") })).not.toHaveProperty("zonesText");
  });
});

test("names in one line are the first eight, and how many more", () => {
  const names = Array.from({ length: 10 }, (_, i) => `r${i}`);
  expect(joined("text", names)).toEqual({ text: "r0,r1,r2,r3,r4,r5,r6,r7,+2" });
  expect(joined("text", [])).toEqual({ text: "" });
  expect(joined("text", undefined)).toEqual({});
});

test("a Region is in use by whoever lives there or is at home there, and by whoever asks for it and has no plan", () => {
  const tenant = (name: string, spec: object) => ({ metadata: { name }, spec });
  const plans: Record<string, object> = {
    lives: { homeRegion: "us-east-1", regions: ["eu-west-1", "us-east-1"] },
    "is-at-home": { homeRegion: "eu-west-1", regions: ["us-east-1"] },
    "may-not": { homeRegion: "us-east-1", regions: ["us-east-1"] },
  };
  const inventory = {
    tenants: () =>
      [
        tenant("lives", {}),
        tenant("is-at-home", {}),
        tenant("may-not", { homeRegion: "us-east-1", regions: ["eu-west-1", "us-east-1"] }),
        tenant("without-plan", { homeRegion: "us-east-1", regions: ["eu-west-1", "us-east-1"] }),
      ].values(),
    plan: (name: string) => plans[name],
  } as unknown as Parameters<typeof tenantsIn>[0];
  expect(tenantsIn(inventory, "eu-west-1")).toEqual(["is-at-home", "lives", "without-plan"]);
});
