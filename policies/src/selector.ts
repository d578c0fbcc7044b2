/**
 * Label selectors with the meaning Kubernetes gives them (meta/v1 LabelSelector, `LabelSelectorAsSelector`):
 * matchLabels and matchExpressions are ANDed; an empty selector matches everything; `NotIn` matches a missing key.
 */

export interface LabelSelector {
  readonly matchLabels?: Readonly<Record<string, string>> | undefined;
  readonly matchExpressions?: readonly LabelSelectorRequirement[] | undefined;
}

export interface LabelSelectorRequirement {
  readonly key: string;
  readonly operator: string;
  readonly values?: readonly string[] | undefined;
}

/**
 * Whether labels satisfy a selector.
 * @returns `"invalid"` for an operator or value list that Kubernetes would refuse; the caller decides what is safe then.
 */
export function matchLabelSelector(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean | "invalid" {
  const expressions = selector?.matchExpressions ?? [];
  if (!expressions.every(isValid)) return "invalid";
  const has = (key: string) => labels !== undefined && Object.hasOwn(labels, key);
  for (const [key, value] of Object.entries(selector?.matchLabels ?? {}))
    if (!has(key) || labels?.[key] !== value) return false;
  for (const { key, operator, values = [] } of expressions) {
    const listed = has(key) && values.includes(labels?.[key] ?? "");
    if (operator === "In" && !listed) return false;
    if (operator === "NotIn" && listed) return false;
    if (operator === "Exists" && !has(key)) return false;
    if (operator === "DoesNotExist" && has(key)) return false;
  }
  return true;
}

function isValid({ operator, values = [] }: LabelSelectorRequirement): boolean {
  if (operator === "In" || operator === "NotIn") return values.length > 0;
  return (operator === "Exists" || operator === "DoesNotExist") && values.length === 0;
}
