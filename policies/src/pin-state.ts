/** What the pin in a pod spec stands for. */
import { restrictedRegion } from "@companyos/crds";
import { termsPath } from "./limits.ts";
import { expressionsOf, isEmptyTerm, isMarker, isOwn, isOwnIn } from "./own-pin.ts";
import { at, isObject, own } from "./shape.ts";

/**
 * `current`: to exactly the regions, by whatever form some release wrote. `narrower`: to some of them, or by another label
 * than the Region asks for now; lawful, and less than the tenant may use. `stale`: to some region outside. `none`: pods of
 * it could go anywhere.
 */
export type PinState = "current" | "narrower" | "stale" | "none";

/** A region that the pin names, and by which label. */
export interface OwnRegion {
  readonly region: string;
  readonly by: "Vouched" | "Topology";
}

/** Of a pod spec, which may be malformed. */
export function pinState(
  spec: unknown,
  regions: readonly string[],
  { topologyPinned = [] }: { readonly topologyPinned?: readonly string[] | undefined } = {},
): PinState {
  if (!isBound(spec)) return "none";
  const stated = ownRegions(spec);
  if (stated.some(({ region }) => !regions.includes(region))) return "stale";
  const listed = new Set(stated.map(({ region, by }) => `${by} ${region}`));
  const wanted = (region: string) => `${topologyPinned.includes(region) ? "Topology" : "Vouched"} ${region}`;
  return regions.every((region) => listed.has(wanted(region))) || isUnsatisfiable(spec)
    ? "current"
    : "narrower";
}

/** Every region that the pin's own key and expressions name; what is no text is named as it is printed. */
export function ownRegions(spec: unknown): OwnRegion[] {
  const selector = at(spec, ["nodeSelector"]);
  const selected = isObject(selector) ? own(selector, restrictedRegion) : undefined;
  return [
    ...(selected === undefined || selected === null
      ? []
      : [{ region: String(selected), by: "Vouched" as const }]),
    ...termsIn(spec).flatMap((term) => {
      const expressions = expressionsOf(term);
      return expressions.flatMap((expression, index): OwnRegion[] => {
        if (!isOwn(expressions, index) || isMarker(expression)) return [];
        const by = isMarker(expressions[index + 1]) ? "Topology" : "Vouched";
        return listIn(expression).map((value) => ({ region: String(value), by }));
      });
    }),
  ];
}

/** Our label is in the node selector, or the pin in every term that could match. */
function isBound(spec: unknown): boolean {
  const selector = at(spec, ["nodeSelector"]);
  if (isObject(selector) && own(selector, restrictedRegion) !== undefined) return true;
  const terms = termsIn(spec);
  return (
    terms.length > 0 &&
    terms.every(
      (term) =>
        isEmptyTerm(term) ||
        expressionsOf(term).some((one, index, all) => isOwnIn(one) || isMarked(all, index)),
    )
  );
}

function isUnsatisfiable(spec: unknown): boolean {
  const terms = termsIn(spec);
  return terms.length > 0 && terms.every(isEmptyTerm);
}

function isMarked(expressions: readonly unknown[], index: number): boolean {
  return isOwn(expressions, index) && isMarker(expressions[index + 1]);
}

function termsIn(spec: unknown): readonly unknown[] {
  const terms = at(spec, termsPath);
  return Array.isArray(terms) ? terms : [];
}

function listIn(expression: unknown): readonly unknown[] {
  const values = isObject(expression) ? own(expression, "values") : undefined;
  return Array.isArray(values) ? values : [];
}
