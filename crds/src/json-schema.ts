import { crd } from "./crd.ts";
import type { ResidencyKind } from "./kinds.ts";
import { apiVersion, version } from "./names.ts";

type Schema = Record<string, unknown>;

/**
 * The schema of one kind as JSON Schema (2020-12), for editors and for checkers such as kubeconform. As strict as
 * `kubectl --validate=strict`: a field that the API server does not know is refused. CEL rules are not in it.
 */
export function jsonSchema(kind: ResidencyKind): string {
  const [served] = crd(kind).spec.versions;
  const { properties, ...schema } = closed(served!.schema.openAPIV3Schema as Schema) as Schema & {
    properties: Schema;
  };
  const whole = {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $comment: "Generated from crds/src/kinds by `npm run generate`. Do not edit.",
    title: kind.kind,
    ...schema,
    required: ["apiVersion", "kind", "metadata", "spec"],
    properties: {
      ...properties,
      apiVersion: { const: apiVersion },
      kind: { const: kind.kind },
      metadata: { ...(properties.metadata as Schema), additionalProperties: true },
    },
  };
  return `${JSON.stringify(whole, null, 2)}\n`;
}

/** As kubeconform's schema location `{{.ResourceKind}}_{{.ResourceAPIVersion}}.json` asks for it. */
export const jsonSchemaFile = (kind: ResidencyKind): string => `${kind.kind.toLowerCase()}_${version}.json`;

/** What is Kubernetes' alone goes; objects take no members but the ones they name. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema as Schema);
  const named = Object.fromEntries(members.filter(([name]) => !name.startsWith("x-kubernetes-")));
  const open = Object.fromEntries(members)["x-kubernetes-preserve-unknown-fields"] === true;
  const either = Object.fromEntries(members)["x-kubernetes-int-or-string"] === true;
  const { properties, ...rest } = named as Schema & { properties?: Schema };
  return {
    ...Object.fromEntries(
      Object.entries(rest).map(([name, value]) => [name, annotates.has(name) ? value : closed(value)]),
    ),
    ...(either ? { type: ["integer", "string"] } : {}),
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(
            Object.entries(properties).map(([name, value]) => [name, closed(value)]),
          ),
          ...(open || "additionalProperties" in rest ? {} : { additionalProperties: false }),
        }),
  };
}

/** Members whose values are data and no schemas. */
const annotates = new Set(["default", "enum", "example", "required", "description"]);
