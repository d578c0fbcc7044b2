import { describe, expect, test } from "@jest/globals";
import {
  apiVersion,
  kinds,
  namespacesOf,
  type Parsed,
  parseEvidenceBundle,
  parseRegion,
  parseResidencyPolicy,
  parseTenant,
  type Tenant,
  unknownFields,
} from "../src/index.ts";
import { accepted, manifest, refused } from "./cases.ts";

const parsers: Record<string, (object: unknown) => Parsed<unknown>> = {
  Region: parseRegion,
  Tenant: parseTenant,
  ResidencyPolicy: parseResidencyPolicy,
  EvidenceBundle: parseEvidenceBundle,
};
const parse = (object: { kind: string }) => parsers[object.kind]!(object);

function tenantOf(object: unknown): Tenant {
  const parsed = parseTenant(object);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value;
}

describe("parsing", () => {
  test.each(accepted)("$title is read", ({ object }) => {
    expect(parse(object)).toMatchObject({ ok: true });
  });

  test.each(refused)("$title is refused, and the field is named", ({ object, field, says }) => {
    const parsed = parse(object);
    const problems = parsed.ok ? [] : parsed.problems;
    expect(problems.map((problem) => problem.field)).toContain(field);
    // A dot in a name is refused by the pattern of the name, whose words differ a little.
    if (says !== undefined) expect(problems.map(({ message }) => message).join("; ")).toContain(says);
  });

  test("a fraction is a quantity in quotes, and without them it is said", () => {
    const quota = (cpu: unknown) =>
      parseTenant(
        manifest("Tenant", "acme", { homeRegion: "eu-west-1", quota: { hard: { "limits.cpu": cpu } } }),
      );
    expect(quota("1.5")).toMatchObject({ ok: true });
    expect(quota(1.5)).toMatchObject({
      problems: [
        { field: "spec.quota.hard.limits.cpu", message: expect.stringContaining('in quotes, "1.5"') },
      ],
    });
  });

  test("defaults are filled in", () => {
    expect(
      tenantOf(
        manifest("Tenant", "acme", { homeRegion: "eu-west-1", owners: [{ kind: "User", name: "ann" }] }),
      ).spec,
    ).toEqual({
      homeRegion: "eu-west-1",
      owners: [{ kind: "User", name: "ann" }],
      network: { isolation: "Isolated" },
      paused: false,
      deletionPolicy: "Retain",
    });
    const policy = parseResidencyPolicy(
      manifest("ResidencyPolicy", "eu", { allowed: { jurisdictions: ["EU"] } }),
    );
    expect(policy).toMatchObject({
      value: { spec: { mode: "Enforce", record: { repeatWindowSeconds: 60 } } },
    });
  });

  test("quantities read as strings, however they were written", () => {
    const { spec } = tenantOf(
      manifest("Tenant", "acme", { homeRegion: "eu", quota: { hard: { pods: 10, memory: "1Gi" } } }),
    );
    expect(spec.quota?.hard).toEqual({ pods: "10", memory: "1Gi" });
  });

  test("what the API server adds to metadata passes through", () => {
    const object = manifest("Tenant", "acme", { homeRegion: "eu" });
    const metadata = { ...object.metadata, uid: "u", generation: 3, managedFields: [{ manager: "kubectl" }] };
    expect(tenantOf({ ...object, metadata }).metadata).toEqual(metadata);
  });

  test.each([
    undefined,
    null,
    7,
    "text",
    [],
    {},
    { apiVersion, kind: "Tenant" },
    { kind: "Tenant", spec: [] },
  ])("%j is refused without an exception", (object) => {
    expect(parseTenant(object).ok).toBe(false);
  });

  test("another kind or version is refused", () => {
    expect(parseTenant(manifest("Region", "acme", { homeRegion: "eu" }))).toMatchObject({
      ok: false,
      problems: [{ field: "kind" }],
    });
    expect(
      parseTenant({ ...manifest("Tenant", "acme", { homeRegion: "eu" }), apiVersion: "v1" }),
    ).toMatchObject({
      ok: false,
      problems: [{ field: "apiVersion" }],
    });
  });
});

test("a tenant's namespaces are its own, by default of its name, and the further ones", () => {
  expect(namespacesOf(tenantOf(manifest("Tenant", "acme", { homeRegion: "eu" })))).toEqual(["acme"]);
  expect(
    namespacesOf(
      tenantOf(manifest("Tenant", "acme", { homeRegion: "eu", namespace: "a", namespaces: ["b"] })),
    ),
  ).toEqual(["a", "b"]);
});

test("misspelt fields are found, however deep, and free keys are not", () => {
  const [, tenant, policy] = kinds;
  const object = manifest("Tenant", "acme", {
    homeRegion: "eu",
    region: ["eu"],
    quota: { hard: { "anything/goes": 1 } },
    owners: [
      { kind: "User", name: "ann" },
      { kind: "User", name: "bob", roles: [] },
    ],
    constructor: 1,
  });
  expect(unknownFields(tenant, object)).toEqual(["spec.region", "spec.owners[1].roles", "spec.constructor"]);
  expect(unknownFields(policy, manifest("ResidencyPolicy", "p", { allowed: { region: ["eu"] } }))).toEqual([
    "spec.allowed.region",
  ]);
  expect(unknownFields(tenant, null)).toEqual([]);
  const { spec, metadata } = manifest("Tenant", "acme", { homeRegion: "eu" });
  expect(unknownFields(tenant, { spec, specs: {}, status: { any: 1 } })).toEqual(["specs"]);
  expect(
    unknownFields(tenant, { spec, metadata: { ...metadata, label: {}, labels: { free: "1" } } }),
  ).toEqual(["metadata.label"]);
});
