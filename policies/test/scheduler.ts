/**
 * What the Kubernetes scheduler does with node selectors and required node affinity, written from its documentation
 * and apart from the readers it is used to test: does this node match this pod?
 */
export interface ModelNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Expression {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

export interface ModelTerm {
  readonly matchExpressions?: readonly Expression[];
  readonly matchFields?: readonly Expression[];
}

export interface ModelSpec {
  readonly nodeName?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly terms?: readonly ModelTerm[];
}

export function schedulable(spec: ModelSpec, node: ModelNode): boolean {
  for (const key in spec.nodeSelector) if (node.labels[key] !== spec.nodeSelector[key]) return false;
  if (spec.terms === undefined) return true;
  for (const term of spec.terms) {
    const expressions = term.matchExpressions ?? [];
    const fields = term.matchFields ?? [];
    if (expressions.length + fields.length === 0) continue;
    const labelsMatch = expressions.every((expression) => matches(expression, node.labels[expression.key]));
    const fieldsMatch = fields.every((field) =>
      matches(field, field.key === "metadata.name" ? node.name : undefined),
    );
    if (labelsMatch && fieldsMatch) return true;
  }
  return false;
}

function matches({ operator, values = [] }: Expression, label: string | undefined): boolean {
  switch (operator) {
    case "Exists":
      return label !== undefined;
    case "DoesNotExist":
      return label === undefined;
    case "In":
      return label !== undefined && values.includes(label);
    case "NotIn":
      return label === undefined || !values.includes(label);
    case "Gt":
      return wholeNumber(label) && Number(label) > Number(values[0]);
    case "Lt":
      return wholeNumber(label) && Number(label) < Number(values[0]);
    default:
      return false;
  }
}

function wholeNumber(text: string | undefined): text is string {
  return text !== undefined && /^-?\d{1,9}$/.test(text);
}
