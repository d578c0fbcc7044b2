import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { load } from "js-yaml";
import { generated } from "../src/generate.ts";
import { crd, kinds, parseResidencyPolicy, parseTenant } from "../src/index.ts";
import { manifest } from "./cases.ts";

type Schema = {
  [key: string]: unknown;
  properties?: Record<string, Schema>;
  items?: Schema;
  additionalProperties?: Schema;
};

const schemaOf = (kind: (typeof kinds)[number]) =>
  crd(kind).spec.versions[0]!.schema.openAPIV3Schema as Schema;

/** Every schema inside, with its path. */
function* walk(schema: Schema, path: string): Generator<[string, Schema]> {
  yield [path, schema];
  for (const [name, member] of Object.entries(schema.properties ?? {}))
    yield* walk(member, `${path}.${name}`);
  if (schema.items !== undefined) yield* walk(schema.items, `${path}[]`);
  if (schema.additionalProperties !== undefined) yield* walk(schema.additionalProperties, `${path}{}`);
}

describe.each(kinds.map((kind) => [kind.kind, kind] as const))("the CRD of %s", (_, kind) => {
  const all = [...walk(schemaOf(kind), "")];

  test("is structural: every node has a type, none refers elsewhere or forbids other members", () => {
    for (const [path, schema] of all) {
      expect([path, schema.type ?? schema["x-kubernetes-int-or-string"]]).not.toEqual([path, undefined]);
      for (const word of [
        "$ref",
        "$schema",
        "const",
        "oneOf",
        "allOf",
        "propertyNames",
        "exclusiveMinimum",
      ]) {
        expect([path, Object.keys(schema)]).not.toEqual([path, expect.arrayContaining([word])]);
      }
      if (schema.type === "integer") expect([path, schema.format]).toEqual([path, "int64"]);
    }
  });

  test("bounds every list, map and string", () => {
    for (const [path, schema] of all) {
      if (path === "" || /^\.(apiVersion|kind)$/.test(path)) continue;
      const bound =
        { array: "maxItems", string: "maxLength" }[String(schema.type)] ??
        (schema.additionalProperties ? "maxProperties" : undefined);
      const closed = schema.enum !== undefined || schema.format === "date-time";
      if (bound !== undefined && !closed) expect([path, typeof schema[bound]]).toEqual([path, "number"]);
    }
  });

  test("has no default inside an item of a list or map: GitOps tools compare these as wholes", () => {
    const defaults = all.filter(([path, schema]) => /\[\]|\{\}/.test(path) && "default" in schema);
    expect(defaults.map(([path]) => path)).toEqual([]);
    const whole = all.filter(([, schema]) => JSON.stringify(schema.default ?? null).includes("["));
    expect(whole.map(([path]) => path)).toEqual([]);
  });

  test("explains every field", () => {
    for (const [path] of all.filter(([, schema]) => schema.description === undefined)) {
      expect(path).toMatch(/^(\.(apiVersion|kind|metadata|metadata\.name)|.*(\[\]|\{\}))$/);
    }
  });

  test("has a message for every rule", () => {
    for (const [, schema] of all) {
      for (const rule of (schema["x-kubernetes-validations"] ?? []) as { message: string }[])
        expect(rule.message).toBeTruthy();
    }
  });
});

/** What the API server would fill in, by the defaults written in the CRD. */
function withDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withDefaults(schema.items!, item));
  if (typeof value !== "object" || value === null || schema.properties === undefined) return value;
  const out: Record<string, unknown> = { ...value };
  for (const [name, member] of Object.entries(schema.properties)) {
    if (out[name] === undefined && member.default !== undefined) out[name] = member.default;
    if (out[name] !== undefined) out[name] = withDefaults(member, out[name]);
  }
  return out;
}

test("the CRD's defaults are the parser's", () => {
  const tenant = manifest("Tenant", "acme", {
    homeRegion: "eu",
    network: {},
    owners: [{ kind: "User", name: "ann" }],
  });
  expect(parseTenant(tenant)).toEqual({ ok: true, value: withDefaults(schemaOf(kinds[1]), tenant) });
  for (const record of [undefined, {}]) {
    const policy = manifest("ResidencyPolicy", "p", {
      allowed: { regions: ["eu"] },
      ...(record && { record }),
    });
    expect(parseResidencyPolicy(policy)).toEqual({
      ok: true,
      value: withDefaults(schemaOf(kinds[2]), policy),
    });
  }
});

const isSchema = ({ path }: { path: string }) => path.endsWith(".json");

test.each(generated())("$path is what would be generated now", async ({ path, content }) => {
  expect(await readFile(join(import.meta.dirname, "..", "..", path), "utf8")).toBe(content);
});

test.each(generated().filter(({ path }) => path.endsWith(".yaml")))(
  "$path is a CRD, and says who wrote it",
  ({ content }) => {
    expect(content.split("\n")[0]).toMatch(/^# Generated .* Do not edit\.$/);
    expect(load(content)).toMatchObject({
      kind: "CustomResourceDefinition",
      spec: { scope: "Cluster", names: { categories: ["residency"] } },
    });
  },
);

test.each(generated().filter(isSchema))("$path is a closed JSON Schema of one kind", ({ content }) => {
  const schema = JSON.parse(content);
  expect(schema).toMatchObject({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: expect.stringMatching(/^Generated .* Do not edit\.$/),
    additionalProperties: false,
    properties: { kind: { const: schema.title }, spec: { additionalProperties: false } },
  });
  expect(content).not.toContain("x-kubernetes-");
});

test("short names, plurals and kinds are unique", () => {
  const names = kinds.flatMap((kind) => [kind.plural, kind.short, kind.singular]);
  expect(new Set(names).size).toBe(names.length);
  expect(kinds.map((kind) => kind.short)).toEqual(["rgn", "tn", "rpol", "eb"]);
});
