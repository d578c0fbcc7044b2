import { z } from "zod";

type Schema = Record<string, unknown>;

/** JSON Schema words that a structural schema may not use, or that say nothing there. */
const dropped = new Set(["$schema", "propertyNames", "id"]);

/**
 * The OpenAPI v3 schema of a CRD for one zod schema: structural as the API server demands (apiextensions.k8s.io/v1,
 * "Specifying a structural schema"): no `$ref`, no `additionalProperties: false`, a format on integers.
 */
export function structural(schema: z.ZodType): Schema {
  const json = z.toJSONSchema(schema, { io: "input", reused: "inline", target: "draft-7" });
  return rewrite(json as Schema);
}

function rewrite(node: Schema): Schema {
  const out: Schema = {};
  for (const key of Object.keys(node).sort(byReading)) {
    if (!dropped.has(key)) out[key] = rewriteMember(key, node[key]);
  }
  if (out["x-kubernetes-int-or-string"] === true) return intOrString(out);
  if (out.type === "integer") return { ...withoutSafeBounds(out), format: "int64" };
  // The API server's own check of date-time is the authority; zod's pattern is a page long.
  if (out.format === "date-time") delete out.pattern;
  return out;
}

function rewriteMember(key: string, value: unknown): unknown {
  if (key === "properties") {
    return Object.fromEntries(
      Object.entries(value as Record<string, Schema>).map(([name, member]) => [name, rewrite(member)]),
    );
  }
  if (key === "items" || key === "additionalProperties") return rewrite(value as Schema);
  return value;
}

/**
 * The one `anyOf` that a structural schema allows beside types. Bounds move beside it: each of them looks only at
 * values of its own type.
 */
function intOrString(node: Schema): Schema {
  const { anyOf, ...rest } = node;
  const [number, text] = ["integer", "string"].map((type) =>
    (anyOf as Schema[]).find((one) => one.type === type),
  );
  const { type, ...ofText } = text ?? {};
  const { type: _, ...ofNumber } = number === undefined ? {} : withoutSafeBounds(number);
  return { ...rest, anyOf: [{ type: "integer" }, { type }], ...ofNumber, ...ofText };
}

function withoutSafeBounds(node: Schema): Schema {
  const { minimum, maximum, ...rest } = node;
  return {
    ...rest,
    ...(minimum === Number.MIN_SAFE_INTEGER || minimum === undefined ? {} : { minimum }),
    ...(maximum === Number.MAX_SAFE_INTEGER || maximum === undefined ? {} : { maximum }),
  };
}

/** Description first, then what it is, then its members: the order people read. */
const reading = ["description", "type", "format", "default", "enum", "required", "properties"];
function byReading(a: string, b: string): number {
  const [rankA, rankB] = [a, b].map((key) => (reading.includes(key) ? reading.indexOf(key) : reading.length));
  return rankA! - rankB! || (a < b ? -1 : 1);
}
