/**
 * What in a pod spec is the pin's own, whatever release wrote it and whatever regions it names:
 *
 * - `nodeSelector` on our label;
 * - an expression `In` on our label;
 * - right before it, `In` with the same values on the topology label, as earlier releases wrote the two;
 * - the marker, `NotIn` on our label with the one value that no node has (true on every node), and right before it the
 *   `In` on the topology label that it marks.
 *
 * Everything else is its author's, other operators on our label included.
 */
import { noRegion, restrictedRegion, topologyRegion } from "@companyos/crds";
import { isObject, own } from "./shape.ts";

/** Whether an expression lists, under our label, where the pod may go. */
export function isOwnIn(expression: unknown): expression is { values: unknown } {
  return isObject(expression) && expression.key === restrictedRegion && expression.operator === "In";
}

/** Whether an expression says that the one before it is the pin. */
export function isMarker(expression: unknown): boolean {
  return (
    isObject(expression) &&
    expression.key === restrictedRegion &&
    expression.operator === "NotIn" &&
    String(expression.values) === noRegion
  );
}

/** Whether the expression at `index` is the pin's. */
export function isOwn(expressions: readonly unknown[], index: number): boolean {
  const [expression, next] = [expressions[index], expressions[index + 1]];
  if (isOwnIn(expression) || isMarker(expression)) return true;
  if (!isObject(expression) || expression.key !== topologyRegion || expression.operator !== "In")
    return false;
  return isMarker(next) || (isOwnIn(next) && String(next.values) === String(expression.values));
}

/** A term's expressions; none when they are malformed. */
export function expressionsOf(term: unknown): readonly unknown[] {
  const stated = isObject(term) ? own(term, "matchExpressions") : undefined;
  return Array.isArray(stated) ? stated : [];
}

/** A term's expressions without the pin's. */
export function foreignIn(term: unknown): readonly unknown[] {
  const expressions = expressionsOf(term);
  return expressions.filter((_, index) => !isOwn(expressions, index));
}

/** An empty term matches no node, whatever else the pod says. */
export function isEmptyTerm(term: unknown): boolean {
  return expressionsOf(term).length === 0 && !hasFields(term);
}

/** Nothing in it is its author's: it matches every node that the pin lets through. */
export function isOnlyOwn(term: unknown): boolean {
  return !isEmptyTerm(term) && foreignIn(term).length === 0 && !hasFields(term);
}

function hasFields(term: unknown): boolean {
  const fields = isObject(term) ? own(term, "matchFields") : undefined;
  return Array.isArray(fields) && fields.length > 0;
}
