/** What whoever deletes or narrows what is in use is told. */
import { inventoryFromFiles } from "@companyos/inventory";
import type { KubeObject } from "@companyos/policies";
import { describe, expect, test } from "@jest/globals";
import { inUseWarnings } from "../src/in-use.ts";
import { implausible } from "../src/plausible.ts";
import { parseReview } from "../src/review.ts";
import { clusterObjects, review } from "./requests.ts";
import { startTestWebhook } from "./webhook.ts";

const plurals: Record<string, string> = {
  Region: "regions",
  ResidencyPolicy: "residencypolicies",
  Tenant: "tenants",
};
const namespace = (name: string, tenant: string): KubeObject => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, labels: { "residency.companyos.io/tenant": tenant } },
});
const of = (kind: string, name: string) =>
  clusterObjects.find((object) => object.kind === kind && object.metadata.name === name)!;

/** As the API server asks when `before` becomes `after`, or goes; without `before`, when `after` is made. */
function asked(before: KubeObject | undefined, after?: KubeObject): { request: KubeObject } {
  const { kind } = (before ?? after)!;
  const resource = plurals[kind]!;
  const operation = !before ? "CREATE" : after ? "UPDATE" : "DELETE";
  const names = { group: "residency.companyos.io", resource, kind };
  const { request, ...rest } = review({
    ...names,
    operation,
    namespace: "",
    ...(before && { oldObject: before }),
    object: before ?? after!,
  });
  return { ...rest, request: { ...request, object: after ?? null } };
}

const vouched: KubeObject = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "eu-2", labels: { "node-restriction.kubernetes.io/residency-region": "eu-west-1" } },
};
const inventory = inventoryFromFiles([...clusterObjects, vouched, namespace("old", "acme")]);
const warned = (
  before: KubeObject | undefined,
  after?: KubeObject,
  caller = "client-certificate:kube-apiserver",
) => inUseWarnings(inventory, parseReview(asked(before, after), caller));
const withSpec = (object: KubeObject, change: object): KubeObject => ({
  ...object,
  spec: { ...object.spec, ...change },
});

describe("whoever", () => {
  test("deletes a Region is told who lives there, and that it stays until nobody does", async () => {
    expect(await warned(of("Region", "eu-west-1"))).toEqual([
      expect.stringMatching(
        /^some Tenants must leave Region eu-west-1 first, .* stays in force until then \[IN_USE; companyos explain IN_USE\]$/,
      ),
    ]);
    const spare = { ...of("Region", "eu-west-1"), metadata: { name: "eu-north-1" } };
    expect(await warned(spare)).toEqual([]);
  });

  test("narrows a Region is told whose region, nodes or zone goes", async () => {
    const us = of("Region", "us-east-1");
    expect(await warned(us, withSpec(us, { jurisdiction: "CA" }))).toEqual([]);
    const eu = of("Region", "eu-west-1");
    expect(await warned(eu, withSpec(eu, { jurisdiction: "UK" }))).toEqual([
      expect.stringMatching(/^some Tenants may live nowhere then/),
    ]);
    expect(await warned(eu, withSpec(eu, { zones: [] }))).toEqual([
      expect.stringMatching(/^some Tenants will be refused what asks for zone eu-west-1a/),
    ]);
    expect(await warned(eu, withSpec(eu, { nodes: { vouchedBy: "Names", names: ["eu-1"] } }))).toEqual([
      expect.stringMatching(/^some Tenants will lose nodes of Region eu-west-1: eu-2 /),
    ]);
    expect(await warned(eu, withSpec(eu, { displayName: "Ireland" }))).toEqual([]);
  });

  test("makes a policy that takes a region or turns enforcing on is told so, without a name", async () => {
    const made = (spec: object): KubeObject => ({
      ...of("ResidencyPolicy", "eu-only"),
      metadata: { name: "new" },
      spec,
    });
    const all = { tenantSelector: {} };
    expect(await warned(undefined, made({ ...all, allowed: { regions: ["us-east-1"] } }))).toEqual([
      expect.stringMatching(/^some Tenants may live nowhere then.* \[IN_USE/),
      expect.stringMatching(/^some Tenants will be in mode Enforce/),
    ]);
    expect(
      await warned(
        undefined,
        made({ ...all, mode: "Warn", allowed: { regions: ["eu-west-1", "us-east-1"] } }),
      ),
    ).toEqual([]);
  });

  test("makes or widens a Region that takes another's zone or nodes is told so", async () => {
    const made = (spec: object): KubeObject => ({
      ...of("Region", "eu-west-1"),
      metadata: { name: "eu-north-1" },
      spec,
    });
    const takes = {
      jurisdiction: "EU",
      zones: ["eu-west-1a"],
      nodes: { vouchedBy: "Names", names: ["eu-2"] },
    };
    const told = [
      expect.stringMatching(/^some Tenants will lose nodes of Region eu-west-1: eu-2/),
      expect.stringMatching(
        /^some Tenants will be refused what asks for zone eu-west-1a, which Region eu-north-1 would list besides eu-west-1/,
      ),
    ];
    expect(await warned(undefined, made(takes))).toEqual(told);
    const plain = made({ jurisdiction: "EU" });
    expect(await warned(undefined, plain)).toEqual([]);
    expect(await warned(plain, made(takes))).toEqual(told);
    expect(await warned(undefined, made(takes), "unverified")).toEqual([]);
  });

  test("writes Regions or policies learns no Tenant's name by it", async () => {
    const all = [
      ...["eu-west-1", "us-east-1"].map((name) => of("Region", name)),
      ...["eu-only", "us-warned"].map((name) => of("ResidencyPolicy", name)),
    ];
    const lines = await Promise.all(all.map((one) => warned(one)));
    expect(lines.flat().length).toBeGreaterThan(1);
    expect(lines.flat().join()).not.toMatch(/acme|globex/);
  });

  test("deletes the last policy of a Tenant that it did not enforce is told that this turns enforcing on", async () => {
    expect(await warned(of("ResidencyPolicy", "us-warned"))).toEqual([
      expect.stringMatching(/^some Tenants will be in mode Enforce/),
    ]);
    const narrow = withSpec(of("ResidencyPolicy", "us-warned"), {
      tenantSelector: { matchLabels: { team: "x" } },
    });
    expect(await warned(of("ResidencyPolicy", "us-warned"), narrow)).toEqual([
      expect.stringMatching(/^some Tenants will be in mode Enforce/),
    ]);
    // What is held by its own regions all the same loses nothing.
    expect(await warned(of("ResidencyPolicy", "eu-only"))).toEqual([]);
  });

  test("takes a Tenant's last region away is told so, whether by the policy or the Tenant", async () => {
    const policy = of("ResidencyPolicy", "eu-only");
    expect(await warned(policy, withSpec(policy, { allowed: { regions: ["us-east-1"] } }))).toEqual([
      expect.stringMatching(/^some Tenants may live nowhere then/),
    ]);
    const acme = of("Tenant", "acme");
    const away = { homeRegion: "us-east-1", regions: ["us-east-1"] };
    expect(await warned(acme, withSpec(acme, away))).toEqual([
      expect.stringMatching(/^acme may live nowhere then/),
    ]);
    expect(await warned(acme, withSpec(acme, { displayName: "Acme" }))).toEqual([]);
  });

  test("deletes a Tenant is told what becomes of its namespaces", async () => {
    const acme = of("Tenant", "acme");
    expect(await warned(acme)).toEqual([
      expect.stringMatching(/^acme leaves acme, old behind: .*companyos release/),
    ]);
    const purged = withSpec(acme, { deletionPolicy: "Purge" });
    expect(await warned(purged)).toEqual([
      expect.stringMatching(/deletionPolicy Purge: of acme, old, .* deleted with everything in it/),
    ]);
    const another = { ...acme, metadata: { ...acme.metadata, name: "nobody" } };
    expect(await warned(another)).toEqual([]);
    const leaving = { ...acme, metadata: { ...acme.metadata, deletionTimestamp: "2026-11-28T00:00:00Z" } };
    expect(await warned(leaving)).toEqual([]);
  });

  test("deletes or narrows a Tenant of before a rule that does not hold is told as of any other", async () => {
    const everybody = { kind: "Group", name: "system:authenticated" };
    const acme = withSpec(of("Tenant", "acme"), { owners: [everybody], deletionPolicy: "Retain" });
    expect(await warned(acme)).toEqual([expect.stringMatching(/^acme leaves acme, old behind/)]);
    const away = { homeRegion: "us-east-1", regions: ["us-east-1"] };
    const told = [expect.stringMatching(/^acme may live nowhere then/)];
    expect(await warned(acme, withSpec(acme, away))).toEqual(told);
    expect(await warned(acme, withSpec(acme, { ...away, owners: [] }))).toEqual(told);
    expect(await warned(withSpec(acme, { homeRegion: 7 }))).toEqual([]);
  });

  test("takes a namespace out of a Tenant is told whether it stays, is let go, or is deleted", async () => {
    const acme = withSpec(of("Tenant", "acme"), { namespaces: ["old"] });
    const without = (change: object) => withSpec(acme, { namespaces: [], ...change });
    expect(await warned(acme, without({}))).toEqual([
      expect.stringMatching(/^acme claims old no more, and keeps it/),
    ]);
    expect(await warned(acme, without({ release: ["old"] }))).toEqual([
      expect.stringMatching(/^acme lets old go/),
    ]);
    const purge = { deletionPolicy: "Purge" };
    expect(await warned(withSpec(acme, purge), without(purge))).toEqual([
      expect.stringMatching(/under deletionPolicy Purge: .* deleted/),
    ]);
  });

  test("is not known to be the API server is told how many, and no names", async () => {
    const [line] = await warned(of("Region", "eu-west-1"), undefined, "unverified");
    expect(line).toMatch(/^some Tenants must leave Region eu-west-1/);
    expect(line).not.toContain("acme");
  });

  test("is not known to be the API server is told nothing else: they choose what was before and what is after", async () => {
    const [region, policy, tenant] = [
      of("Region", "eu-west-1"),
      of("ResidencyPolicy", "eu-only"),
      of("Tenant", "acme"),
    ];
    const fewer = {
      ...region,
      spec: { ...region.spec, zones: [], nodes: { vouchedBy: "Names", names: ["none"] } },
    };
    const elsewhere = { ...tenant, spec: { ...tenant.spec, regions: ["us-east-1"] } };
    expect(await warned(region, fewer as KubeObject)).not.toEqual([]);
    for (const [before, after] of [
      [region, fewer],
      [policy, undefined],
      [tenant, undefined],
      [tenant, elsewhere],
    ] as const)
      expect(await warned(before, after as KubeObject | undefined, "unverified")).toEqual([]);
  });

  test("sends what no schema takes is told nothing", async () => {
    for (const spec of [null, "x", { tenantSelector: 7 }, {}])
      expect(await warned({ ...of("ResidencyPolicy", "eu-only"), spec } as KubeObject)).toEqual([]);
  });
});

test("a review of ours that no API server would send is refused", () => {
  const exists = () => false;
  const say = (change: object) => {
    const { request } = asked(of("Tenant", "acme"));
    return implausible(parseReview({ request: { ...request, ...change } }, "unverified"), exists);
  };
  expect(say({})).toBeUndefined();
  expect(say({ operation: "CREATE", oldObject: null, object: of("Tenant", "acme") })).toMatch(
    /no such operation/,
  );
  const made = asked(undefined, of("Region", "eu-west-1"));
  expect(implausible(parseReview(made, "unverified"), exists)).toBeUndefined();
  expect(say({ namespace: "acme" })).toMatch(/in none/);
  expect(say({ oldObject: null })).toMatch(/oldObject/);
  expect(say({ object: of("Tenant", "acme") })).toMatch(/object/);
  expect(say({ kind: { kind: "Region" } })).toMatch(/kind/);
});

test("it goes through with warnings, and is counted under its reason", async () => {
  await using stack = new AsyncDisposableStack();
  const webhook = await startTestWebhook({ objects: clusterObjects });
  stack.defer(() => webhook.stop());
  const { json } = await webhook.post(asked(of("Region", "eu-west-1")));
  expect(json.response).toMatchObject({
    allowed: true,
    warnings: [expect.stringContaining("some Tenants must leave Region eu-west-1")],
    auditAnnotations: { reason: "IN_USE" },
  });
  expect(await webhook.metric('residency_admission_total{verdict="allow",reason="IN_USE"}')).toBe(1);
  const spare = { ...of("Region", "eu-west-1"), metadata: { name: "eu-north-1" } };
  expect((await webhook.post(asked(spare))).json.response.warnings).toBeUndefined();
});

test("what is ours is refused nowhere: what no API server would say of it gets no response, and goes through under Ignore", async () => {
  await using stack = new AsyncDisposableStack();
  const webhook = await startTestWebhook({ callers: { mode: "Unverified" } });
  stack.defer(() => webhook.stop());
  const { metadata, spec } = of("Region", "eu-west-1");
  const made = { ...of("Region", "eu-west-1"), metadata: { ...metadata, name: "eu-north-1" } };
  for (const path of ["/admit/own/new", "/admit/old-secret/own/new"]) {
    const { json } = await webhook.postAs({ path }, asked(undefined, made));
    expect(json.response.allowed).toBe(true);
  }
  const parts = { ...made, spec: { ...spec, zones: Array.from({ length: 1_000_000 }, () => 1) } };
  const odd = asked(undefined, made);
  odd.request.operation = "PATCH";
  for (const [body, code] of [
    [asked(undefined, of("Tenant", "acme")), "REQUEST_IMPLAUSIBLE"],
    [asked(undefined, parts), "REQUEST_TOO_LARGE"],
    [odd, "REQUEST_MALFORMED"],
  ] as const) {
    const { status, json } = await webhook.postAs({}, body);
    expect({ status, message: json.message }).toEqual({
      status: 400,
      message: expect.stringContaining(code),
    });
  }
});
