/** The rows of a reference: every field below a structural schema, in the order in which people read it. */

type Schema = Readonly<Record<string, unknown>>;

export interface Field {
  /** `spec.owners[].name`; `{}` for any key of a map. */
  readonly path: string;
  readonly required: boolean;
  readonly type: string;
  /** As JSON; absent where there is none. */
  readonly default: string | undefined;
  /** What limits its values, such as `≤ 64 entries`. */
  readonly limits: readonly string[];
  readonly description: string;
}

/** Depth first; a field stands before its members. */
export function fieldsOf(schema: Schema, path: string): Field[] {
  const required = (schema.required ?? []) as readonly string[];
  return Object.entries((schema.properties ?? {}) as Record<string, Schema>).flatMap(([name, member]) => {
    const at = `${path}.${name}`;
    return [row(at, member, required.includes(name)), ...below(at, member)];
  });
}

/** Messages of the rules that span fields, each with the path that it names. */
export function rulesOf(schema: Schema, path: string): { readonly path: string; readonly message: string }[] {
  const here = ((schema["x-kubernetes-validations"] ?? []) as { message: string; fieldPath?: string }[]).map(
    ({ message, fieldPath }) => ({ path: `${path}${fieldPath ?? ""}`.replace(/^\./, ""), message }),
  );
  const members = Object.entries((schema.properties ?? {}) as Record<string, Schema>);
  return [
    ...here,
    ...members.flatMap(([name, member]) => rulesOf(member, `${path}.${name}`)),
    ...(schema.items === undefined ? [] : rulesOf(schema.items as Schema, `${path}[]`)),
  ];
}

function row(path: string, schema: Schema, required: boolean): Field {
  const value = schema.default;
  return {
    path,
    required,
    type: typeOf(schema),
    default: value === undefined ? undefined : JSON.stringify(value),
    limits: limitsOf(schema),
    description: String(schema.description ?? ""),
  };
}

function below(path: string, schema: Schema): Field[] {
  const items = schema.items as Schema | undefined;
  const values = schema.additionalProperties;
  if (items?.properties !== undefined) return fieldsOf(items, `${path}[]`);
  if (typeof values === "object" && (values as Schema).properties !== undefined)
    return fieldsOf(values as Schema, `${path}{}`);
  return fieldsOf(schema, path);
}

function typeOf(schema: Schema): string {
  if (schema["x-kubernetes-int-or-string"] === true) return "quantity";
  if (schema.type === "array") {
    const each = typeOf(schema.items as Schema);
    return schema["x-kubernetes-list-type"] === "set" ? `set of ${each}` : `list of ${each}`;
  }
  if (typeof schema.additionalProperties === "object")
    return `map of ${typeOf(schema.additionalProperties as Schema)}`;
  if (schema.format === "date-time") return "time (RFC 3339)";
  return String(schema.type);
}

function limitsOf(schema: Schema): string[] {
  const items = schema.items as Schema | undefined;
  const values = schema.additionalProperties as Schema | undefined;
  const limits: string[] = [];
  if (Array.isArray(schema.enum)) limits.push(schema.enum.map((value) => `\`${value}\``).join(", "));
  limits.push(...between(schema.minLength, schema.maxLength, "characters"));
  limits.push(...between(schema.minItems, schema.maxItems, "entries"));
  limits.push(...between(schema.minProperties, schema.maxProperties, "entries"));
  limits.push(...between(schema.minimum, schema.maximum, ""));
  if (typeof schema.pattern === "string") limits.push(`\`${schema.pattern.replaceAll("|", "\\|")}\``);
  const one = typeof items === "object" ? items : typeof values === "object" ? values : undefined;
  if (one !== undefined && one.properties === undefined) {
    const each = limitsOf(one);
    if (each.length > 0) limits.push(`each: ${each.join(", ")}`);
  }
  return limits;
}

function between(min: unknown, max: unknown, of: string): string[] {
  const unit = of === "" ? "" : ` ${of}`;
  if (min !== undefined && max !== undefined) return [`${min} to ${max}${unit}`];
  if (max !== undefined) return [`≤ ${max}${unit}`];
  return min === undefined || min === 0 ? [] : [`≥ ${min}${unit}`];
}
