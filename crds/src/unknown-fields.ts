import type { ResidencyKind } from "./kinds.ts";
import { structural } from "./structural.ts";

interface Node {
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly additionalProperties?: Node;
}

const schemas = new Map<string, Node>();

/** Of an object beside its spec (meta/v1 ObjectMeta). */
const members = new Set(["apiVersion", "kind", "metadata", "spec", "status"]);
const metadataMembers = new Set([
  ...["annotations", "creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "finalizers"],
  ...["generateName", "generation", "labels", "managedFields", "name", "namespace", "ownerReferences"],
  ...["resourceVersion", "selfLink", "uid"],
]);

/**
 * Fields of a manifest that its kind does not have, as paths: `spec.allowed.region`, `metadata.label`. The API server drops
 * them and kubectl refuses them, so a misspelt field means a rule that is not in force. Of a status nothing is said.
 */
export function unknownFields(kind: ResidencyKind, object: unknown): string[] {
  let schema = schemas.get(kind.kind);
  if (schema === undefined) {
    schema = structural(kind.spec) as Node;
    schemas.set(kind.kind, schema);
  }
  if (!isRecord(object)) return [];
  const { metadata, spec } = object;
  return [
    ...Object.keys(object).filter((name) => !members.has(name)),
    ...(isRecord(metadata) ? Object.keys(metadata) : [])
      .filter((name) => !metadataMembers.has(name))
      .map((name) => `metadata.${name}`),
    ...unknownIn(schema, spec, "spec"),
  ];
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
