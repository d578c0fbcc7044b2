import { describe, expect, test } from "@jest/globals";
import { inventoryFromFiles } from "../src/index.ts";
import { node, policy, region, regionLabel, tenant } from "./objects.ts";

const eu = region("eu-west-1", "EU");
const us = region("us-east-1", "US");

describe("inventory from files", () => {
  test("a tenant's namespaces are derived from the Tenant, pinned to its plan", () => {
    const inventory = inventoryFromFiles([
      eu,
      us,
      tenant("acme", "eu-west-1", { regions: ["eu-west-1", "us-east-1"], namespaces: ["acme-dev"] }),
      policy("eu-only", { jurisdictions: ["EU"] }),
    ]);
    for (const namespace of ["acme", "acme-dev"]) {
      expect(inventory.lookup(namespace)).toMatchObject({
        state: "tenant",
        plan: { tenant: "acme", regions: ["eu-west-1"], mode: "Enforce", policies: ["eu-only"] },
        topology: { pin: ["eu-west-1"] },
      });
    }
    expect(inventory.lookup("default")).toEqual({ state: "unclaimed" });
    expect(inventory.namespacesOf("acme")).toEqual(["acme", "acme-dev"]);
  });

  test("a Tenant that claims another one's namespace does not get it, however the files are ordered", () => {
    const acme = tenant("acme", "eu-west-1", { regions: ["eu-west-1"], namespaces: ["shared"] });
    const thief = (name: string) =>
      tenant(name, "us-east-1", { regions: ["us-east-1"], namespaces: ["acme", "shared"] });
    for (const tenants of [
      [thief("aaa"), acme],
      [acme, thief("zzz")],
    ]) {
      const inventory = inventoryFromFiles([eu, us, ...tenants]);
      expect(inventory.lookup("acme")).toMatchObject({ state: "tenant", plan: { tenant: "acme" } });
    }
    // As the operator has it of the same second; an age that a file claims for itself counts for nothing.
    const ownToo = tenant("aaa", "us-east-1", { regions: ["us-east-1"], namespace: "acme" });
    const old = { ...ownToo, metadata: { ...ownToo.metadata, creationTimestamp: "1970-01-01T00:00:00Z" } };
    const named = inventoryFromFiles([eu, us, old, acme]);
    expect(named.lookup("acme")).toMatchObject({ state: "tenant", plan: { tenant: "acme" } });
    // What is nobody's own goes to the one that was read first: what is given by --with comes before what is checked.
    const inventory = inventoryFromFiles([eu, us, acme, thief("zzz")]);
    expect(inventory.lookup("shared")).toMatchObject({ plan: { tenant: "acme" } });
  });

  test("an object of ours in a version that is not served is told, and does not count", () => {
    const early = { ...tenant("acme", "eu-west-1"), apiVersion: "residency.companyos.io/v1alpha1" };
    const others = { ...tenant("globex", "eu-west-1"), apiVersion: "example.com/v1alpha1" };
    const inventory = inventoryFromFiles([eu, early, others]);
    expect(inventory.problems).toEqual([
      {
        kind: "Tenant",
        name: "acme",
        message: expect.stringContaining("write residency.companyos.io/v1"),
      },
    ]);
    expect(inventory.tenant("acme")).toBeUndefined();
  });

  test("objects inside a List count; an object that its schema refuses is told by path and does not count", () => {
    const inventory = inventoryFromFiles([
      {
        apiVersion: "v1",
        kind: "List",
        items: [eu, tenant("acme", "us-east-1", { regions: ["eu-west-1"] })],
      },
      null as never,
      { apiVersion: "v1", kind: "Namespace" },
    ]);
    expect(inventory.regions()).toHaveLength(1);
    expect(inventory.tenant("acme")).toBeUndefined();
    expect(inventory.problems).toEqual([
      { kind: "Tenant", name: "acme", message: expect.stringContaining("spec.homeRegion: ") },
    ]);
  });

  test("what the compiler had to say about a plan is there", () => {
    const inventory = inventoryFromFiles([tenant("acme", "nowhere")]);
    expect(inventory.plan("acme")?.regions).toEqual([]);
    expect(inventory.planProblems("acme").map(({ code }) => code)).toEqual([
      "PLAN_EMPTY",
      "REGION_UNREGISTERED",
    ]);
  });

  test("a Namespace read from a cluster, where it is another Tenant's of the name, is an error", () => {
    const { metadata, ...acme } = tenant("acme", "eu-west-1");
    const labels = (uid: string) => ({
      "residency.companyos.io/tenant": "acme",
      "residency.companyos.io/tenant-uid": uid,
    });
    const code = (uid: string | undefined) => {
      const lookup = inventoryFromFiles([
        eu,
        { ...acme, metadata: { ...metadata, uid } },
        { apiVersion: "v1", kind: "Namespace", metadata: { name: "acme", labels: labels("former") } },
      ]).lookup("acme");
      return lookup.state === "error" ? lookup.code : lookup.state;
    };
    expect(code("present")).toBe("NAMESPACE_NOT_ITS_TENANTS");
    expect(code("former")).toBe("tenant");
    // A Tenant as it lies in Git has no uid: its namespaces are taken to be its own.
    expect(code(undefined)).toBe("tenant");
  });

  test("a Namespace that names a tenant that nobody declared is an error, not unclaimed", () => {
    const labels = { "residency.companyos.io/tenant": "ghost" };
    const inventory = inventoryFromFiles([
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "n", labels } },
    ]);
    expect(inventory.lookup("n")).toMatchObject({ state: "error", code: "TENANT_UNKNOWN" });
  });
});

describe("the region of a node", () => {
  const regionsOf = (...objects: Parameters<typeof inventoryFromFiles>[0]) =>
    Object.fromEntries([...inventoryFromFiles(objects).nodes()].map(([name, facts]) => [name, facts.region]));

  test("is by default that of its label, if there is a Region of that name", () => {
    expect(
      regionsOf(eu, node("a", regionLabel("eu-west-1")), node("b", regionLabel("mars")), node("c")),
    ).toEqual({
      a: "eu-west-1",
      b: undefined,
      c: undefined,
    });
  });

  test("is what a Region says by name or selector; then the label counts no more", () => {
    const named = region("eu-west-1", "EU", {
      nodes: { names: ["a"], selector: { matchLabels: { rack: "7" } } },
    });
    expect(
      regionsOf(named, node("a"), node("b", { rack: "7" }), node("c", regionLabel("eu-west-1"))),
    ).toEqual({
      a: "eu-west-1",
      b: "eu-west-1",
      c: undefined,
    });
  });

  test("is none when two Regions claim it", () => {
    const grabby = region("us-east-1", "US", { nodes: { names: ["a"] } });
    expect(regionsOf(eu, grabby, node("a", regionLabel("eu-west-1")))).toEqual({ a: undefined });
  });
});
