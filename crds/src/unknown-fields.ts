import type { ResidencyKind } from "./kinds.ts";
import { structural } from "./structural.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node;
}

const schemas = new Map<string, Node>();

/**
 * Fields of a manifest's spec that its kind does not have, as paths: `spec.allowed.region`. The API server drops them
 * (and kubectl warns), so a misspelt field means a rule that is not in force.
 */
export function unknownFields(kind: ResidencyKind, object: unknown): string[] {
  let schema = schemas.get(kind.kind);
  if (schema === undefined) {
    schema = structural(kind.spec) as Node;
    schemas.set(kind.kind, schema);
  }
  return isRecord(object) ? unknownIn(schema, object.spec, "spec") : [];
}

function unknownIn(schema: Node, value: unknown, path: string): string[] {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined
      ? []
      : value.flatMap((item, index) => unknownIn(items, item, `${path}[${index}]`));
  }
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([name, member]) => {
    const below = schema.additionalProperties ?? ownProperty(schema.properties, name);
    if (below !== undefined) return unknownIn(below, member, `${path}.${name}`);
    return schema.properties === undefined ? [] : [`${path}.${name}`];
  });
}

function ownProperty(properties: Node["properties"], name: string): Node | undefined {
  return properties !== undefined && Object.hasOwn(properties, name) ? properties[name] : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
