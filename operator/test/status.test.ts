import { parseTenant, type ResidencyPolicy, type Tenant } from "@companyos/crds";
import type { Plan } from "@companyos/policies";
import { expect, test } from "@jest/globals";
import { conditionsOf, type Health, sameStatus } from "../src/conditions.ts";
import { policyStatus } from "../src/policies/status.ts";
import { type ClaimingTenant, claimProblem } from "../src/tenants/claims.ts";
import { lastWantedOf } from "../src/tenants/footprint.ts";
import { provisioned } from "../src/tenants/health.ts";
import { tenantStatus } from "../src/tenants/status.ts";

const now = Date.UTC(2026, 10, 23, 12);
const ready: Health = { state: "Ready", reason: "Provisioned", message: "done" };

test("conditions follow kstatus: one of Ready, Reconciling and Stalled holds", () => {
  const states = (state: Health["state"]) =>
    conditionsOf({ ...ready, state }, { old: undefined, generation: 3, now }).map(({ status }) => status);
  expect(states("Ready")).toEqual(["True", "False", "False"]);
  expect(states("Reconciling")).toEqual(["False", "True", "False"]);
  expect(states("Stalled")).toEqual(["False", "False", "True"]);
  expect(states("Paused")).toEqual(["Unknown", "False", "False"]);
});

test("a condition keeps its transition time while its status stays", () => {
  const old = conditionsOf(ready, { old: undefined, generation: 1, now: now - 60_000 });
  const [same] = conditionsOf({ ...ready, message: "still" }, { old, generation: 2, now });
  const [changed] = conditionsOf({ ...ready, state: "Stalled" }, { old, generation: 2, now });
  expect(same!.lastTransitionTime).toBe("2026-11-23T11:59:00Z");
  expect(same!.observedGeneration).toBe(2);
  expect(changed!.lastTransitionTime).toBe("2026-11-23T12:00:00Z");
});

const plan: Plan = {
  tenant: "acme",
  uid: "u",
  homeRegion: "eu-west-1",
  regions: ["eu-west-1"],
  mode: "Enforce",
  policies: ["eu-only"],
  digest: "sha256:1",
};

/** Whatever `spec` says: what a schema refuses too. */
function acme(spec: object = {}): Tenant {
  const full = { homeRegion: "eu-west-1", regions: ["us-east-1", "eu-west-1", "mars-1"], ...spec };
  return {
    apiVersion: "residency.companyos.io/v1",
    kind: "Tenant",
    metadata: { name: "acme", uid: "u", generation: 4 },
    spec: full,
  } as unknown as Tenant;
}

test("a tenant's status lists every region it asks for and why one is not ready", () => {
  const status = tenantStatus({
    tenant: acme(),
    plan,
    health: ready,
    applied: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "acme" } }],
    knownRegions: new Set(["eu-west-1", "us-east-1"]),
    now,
  });
  expect(status.regions!.map(({ name, ready, reason }) => [name, ready, reason])).toEqual([
    ["eu-west-1", true, "Provisioned"],
    ["mars-1", false, "RegionUnknown"],
    ["us-east-1", false, "NotAllowed"],
  ]);
  expect(status).toMatchObject({
    observedGeneration: 4,
    effectiveRegions: ["eu-west-1"],
    mode: "Enforce",
    planDigest: "sha256:1",
    namespace: "acme",
    inventory: [{ apiVersion: "v1", kind: "Namespace", name: "acme" }],
  });
});

test("what was wanted of each object outlives the operator in the status", () => {
  const objects = [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: "acme" } },
    { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "quota", namespace: "acme" } },
  ];
  const wanted = new Map([
    ["Namespace acme", "one"],
    ["ResourceQuota acme/quota", "two"],
    ["Namespace left", "three"],
  ]);
  const options = { plan, health: ready, applied: objects, knownRegions: new Set<string>(), now };
  const status = tenantStatus({ tenant: acme(), ...options, wanted });
  expect(status.inventory!.map(({ digest }) => digest)).toEqual(["one", "two"]);
  expect([...lastWantedOf({ ...acme(), status })]).toEqual([...wanted].slice(0, 2));
  expect(parseTenant({ ...acme({ regions: ["eu-west-1"] }), status })).toMatchObject({ ok: true });
  // Earlier releases wrote none: what was changed before cannot be told.
  expect(lastWantedOf({ ...acme(), status: tenantStatus({ tenant: acme(), ...options }) }).size).toBe(0);
});

test("whatever the names and however many the policies, the status fits its schema", () => {
  const policies = Array.from({ length: 150 }, (_, index) => `${index}-${"p".repeat(230)}`);
  const status = (health: Health, regions: string[] = []) =>
    tenantStatus({
      tenant: acme(),
      plan: { ...plan, regions, policies },
      health,
      applied: [],
      knownRegions: new Set(["eu-west-1", "us-east-1", "mars-1"]),
      now,
    });
  const problems = policies.map((name) => ({
    code: "SELECTOR_INVALID" as const,
    source: `ResidencyPolicy/${name}`,
    message: `ResidencyPolicy/${name} ${"m".repeat(400)}`,
  }));
  const none = provisioned({ ...plan, regions: [], policies }, problems, new Set(), () => true);
  const long: Health = { state: "Reconciling", reason: "ApplyFailed", message: "\u{1f30d}".repeat(40_000) };
  for (const made of [status(ready), status(none), status(long), status(long, ["eu-west-1"])])
    expect(parseTenant({ ...acme({ regions: ["eu-west-1"] }), status: made })).toMatchObject({ ok: true });
  expect(status(ready).regions![0]!.message).toContain("and 142 more");
});

test("computing the status again from what was written changes nothing", () => {
  const options = { plan, health: ready, applied: [], knownRegions: new Set(["eu-west-1"]), now };
  const first = tenantStatus({ ...options, tenant: acme() });
  const again = tenantStatus({ ...options, tenant: { ...acme(), status: first }, now: now + 5000 });
  expect(sameStatus(first, again)).toBe(true);
});

const ownedBy = (tenant: string, uid: string) => ({
  "residency.companyos.io/tenant": tenant,
  "residency.companyos.io/tenant-uid": uid,
});
const claimant = (
  name: string,
  spec: object = {},
  creationTimestamp = "2026-01-01T00:00:00Z",
): ClaimingTenant => ({
  metadata: { name, uid: `${name}-uid`, creationTimestamp },
  spec,
});
const namespaceOf = (tenant: string | undefined, deletionTimestamp?: string) => ({
  metadata: {
    ...(tenant ? { labels: ownedBy(tenant, `${tenant}-uid`) } : {}),
    ...(deletionTimestamp ? { deletionTimestamp } : {}),
  },
});
const claims = (
  tenant: ClaimingTenant,
  existing: Record<string, ReturnType<typeof namespaceOf>> = {},
  claimants: ClaimingTenant[] = [],
) =>
  claimProblem(tenant, {
    productNamespace: "product",
    namespace: (name) => existing[name],
    claimants: () => claimants,
    exists: () => false,
  })?.reason;

test("reserved namespaces are never claimed", () => {
  for (const namespace of ["default", "kube-system", "kube-anything", "product"]) {
    expect(claims(claimant("acme", { namespace }))).toBe("NamespaceReserved");
    expect(claims(claimant("acme", { namespaces: [namespace] }))).toBe("NamespaceReserved");
  }
  expect(claims(claimant("acme"))).toBeUndefined();
});

test("a namespace that exists is taken only when it says that it is this tenant's", () => {
  expect(claims(claimant("acme"), { acme: namespaceOf(undefined) })).toBe("NamespaceConflict");
  expect(claims(claimant("acme"), { acme: namespaceOf("globex") })).toBe("NamespaceConflict");
  expect(claims(claimant("acme"), { acme: namespaceOf("acme") })).toBeUndefined();
  expect(claims(claimant("acme"), { acme: namespaceOf("acme", "2026-01-02T00:00:00Z") })).toBe(
    "NamespaceTerminating",
  );
});

test("of two tenants that claim one namespace the older has it", () => {
  const older = claimant("globex", { namespaces: ["shared"] }, "2025-01-01T00:00:00Z");
  const younger = claimant("acme", { namespaces: ["shared"] }, "2026-01-01T00:00:00Z");
  expect(claims(younger, {}, [older, younger])).toBe("NamespaceConflict");
  expect(claims(older, {}, [older, younger])).toBeUndefined();
});

/** All of a policy that its status comes from. */
const policy = (allowed: object): ResidencyPolicy =>
  ({
    metadata: { name: "eu-only", generation: 1 },
    spec: { allowed, mode: "Enforce" },
  }) as unknown as ResidencyPolicy;

test("a policy's status counts its tenants and names those left without a region", () => {
  const regions = [{ name: "eu-west-1", jurisdiction: "EU" }];
  const plans = [
    plan,
    { ...plan, tenant: "globex", regions: [] },
    { ...plan, tenant: "initech", policies: [] },
  ];
  expect(policyStatus({ policy: policy({ jurisdictions: ["EU"] }), plans, regions, now })).toMatchObject({
    tenants: 2,
    emptyTenants: ["globex"],
    conditions: [{ type: "Ready", status: "True", reason: "InForceWithEmptyTenants" }, {}, {}],
  });
});

test("a policy that names a place without a Region says so", () => {
  const status = policyStatus({ policy: policy({ regions: ["eu-wset-1"] }), plans: [], regions: [], now });
  expect(status.conditions![0]).toMatchObject({
    status: "False",
    reason: "RegionUnknown",
    message: expect.stringContaining("eu-wset-1"),
  });
});

test("a complete footprint is Ready only if the tenant may run somewhere and its receipts have a log", () => {
  const logs = new Set(["eu-west-1"]);
  const registered = () => true;
  expect(provisioned(plan, [], logs, registered)).toMatchObject({ state: "Ready", reason: "Provisioned" });
  const told = (change: Partial<Plan>) => provisioned({ ...plan, ...change }, [], logs, registered).message;
  expect(told({ mode: "Enforce", policies: [] })).toMatch(/no policy selects it: Enforce$/);
  expect(told({ mode: "Enforce", policies: ["eu"] })).not.toContain("selects");
  expect(told({ mode: "Audit", policies: [] })).not.toContain("selects");
  const unlogged = provisioned(plan, [], new Set(["us-east-1"]), registered);
  expect(unlogged).toMatchObject({ state: "Stalled", reason: "NoNotary" });
  expect(unlogged.message).toContain("eu-west-1");
  const unregistered = {
    code: "REGION_UNREGISTERED",
    source: "Tenant/acme",
    message: "Tenant/acme names mars-1, but there is no Region of that name",
  } as const;
  const nowhere = provisioned({ ...plan, regions: [] }, [unregistered], logs, registered);
  expect(nowhere).toMatchObject({ state: "Stalled", reason: "NoRegionAllowed" });
  expect(nowhere.message).toContain("mars-1");
  const strayed = provisioned({ ...plan, homeRegion: "eu-wset-1" }, [], logs, (name) => logs.has(name));
  expect(strayed).toMatchObject({ state: "Stalled", reason: "HomeRegionUnknown" });
  expect(strayed.message).toContain("there is no Region eu-wset-1");
  const owners = (...names: string[]) =>
    provisioned(
      plan,
      [],
      logs,
      registered,
      names.map((name) => ({ kind: "Group" as const, name })),
    );
  expect(owners("ops", "system:unauthenticated")).toMatchObject({
    state: "Stalled",
    reason: "OwnerIsAnybody",
  });
  expect(owners("ops", " ")).toMatchObject({
    ...{ state: "Stalled", reason: "OwnerIsNobody" },
    message: expect.stringContaining('names " ", and nobody can be called so'),
  });
  expect(owners("ops", "system:authenticated")).toMatchObject({ state: "Ready" });
  expect(owners("ops", "system:authenticated").message).toContain("system:authenticated");
  expect(owners("ops").message).toBe(provisioned(plan, [], logs, registered).message);
  const mistyped = provisioned({ ...plan, requestedHome: "eu-wset-1" }, [], logs, registered);
  expect(mistyped).toMatchObject({ state: "Stalled", reason: "HomeRegionUnknown" });
  expect(mistyped.message).toContain("there is no Region eu-wset-1");
  expect(mistyped.message).toContain("receipts go on to eu-west-1");
});
