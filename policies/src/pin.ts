/**
 * What the pin inside the API server does to a pod spec, for deciding where there is no API server. The policies
 * `companyos-pin` and `companyos-repin` are the authority; this follows them.
 *
 * One region: `nodeSelector` on our label. Several: `In` on our label at the head of every term that is not empty. Regions that
 * go by the topology label: the same terms once more, with that label and the marker. What the pin wrote before is replaced.
 */
import { noRegion, restrictedRegion, topologyRegion } from "@companyos/crds";
import { excess, sizesOf, termsPath } from "./limits.ts";
import { expressionsOf, foreignIn, isEmptyTerm, isMarker, isOnlyOwn, isOwnIn } from "./own-pin.ts";
import { ownRegions } from "./pin-state.ts";
import { at, isAbsent, isObject, own } from "./shape.ts";
import type { KubeObject } from "./types.ts";

export interface PinOptions {
  /** Those of the regions that are pinned by the topology label alone. Default: none. */
  readonly topologyPinned?: readonly string[] | undefined;
  /** Regions that were taken from the tenant: a pin to them is stale and replaced. Default: none. */
  readonly former?: readonly string[] | undefined;
}

type Spec = Record<string, unknown>;
/** Undefined stands for a term with nothing but the pin. */
type AuthorsTerm = Spec | null | undefined;

const requiredPath = termsPath.slice(0, -1);

/**
 * As admission pins what is created. The argument is left as it is; so is what is malformed, has too many terms, or
 * names, under our label, a region that it never had: for the reader to refuse.
 * @param regions sorted
 * @param path where the object with the pod's `spec` is: `[]` for a pod, `["spec", "template"]` for a DaemonSet
 */
export function pinned(
  object: KubeObject,
  regions: readonly string[],
  path: readonly string[] = [],
  { topologyPinned = [], former = [] }: PinOptions = {},
): KubeObject {
  const known = new Set([...regions, ...former, noRegion]);
  const stated = ownRegions(at(object, [...path, "spec"]));
  return stated.every(({ region }) => known.has(region))
    ? repinned(object, regions, path, { topologyPinned })
    : object;
}

/** As admission pins an update that changes the template, or touches the object: whatever our label named is replaced. */
export function repinned(
  object: KubeObject,
  regions: readonly string[],
  path: readonly string[] = [],
  { topologyPinned = [] }: PinOptions = {},
): KubeObject {
  if (regions.length === 0) return object;
  return atSpec(object, path, (spec) => {
    if (excess(sizesOf(spec))) return spec;
    const changed = withPin(spec, alternatives(regions, new Set(topologyPinned)));
    return excess(sizesOf(changed)) ? spec : changed;
  });
}

/** Without the pin, as its author wrote it. */
export function unpinned(object: KubeObject, path: readonly string[] = []): KubeObject {
  return atSpec(object, path, (spec) => {
    const bare = withoutSelector(spec);
    const terms = termsOf(spec);
    if (!terms || !hasOwn(terms)) return bare;
    const authors = authorsTerms(terms);
    const left = authors.some((term) => term !== undefined && !isEmptyTerm(term));
    const written = authors.map((term) => term ?? {});
    return left ? setTerms(bare, written) : removeRequired(bare);
  });
}

/** What of a pod spec is too much, as it stands or once it is pinned, as the end of a sentence; undefined when nothing is. */
export function excessOf(
  spec: unknown,
  regions: readonly string[],
  { topologyPinned = [] }: PinOptions = {},
): string | undefined {
  const stated = excess(sizesOf(spec));
  if (stated || regions.length === 0 || !isObject(spec) || !isWellFormed(spec)) return stated;
  return excess(sizesOf(withPin(spec, alternatives(regions, new Set(topologyPinned)))));
}

interface Alternatives {
  /** The one region, where equality says it. */
  readonly only?: string;
  /** What is added to each term, once for each of these. */
  readonly expressions: readonly (readonly Spec[])[];
}

function alternatives(regions: readonly string[], topologyPinned: ReadonlySet<string>): Alternatives {
  const listed = regions.filter((region) => topologyPinned.has(region));
  const vouched = regions.filter((region) => !topologyPinned.has(region));
  const [first] = vouched;
  if (first !== undefined && regions.length === 1)
    return { only: first, expressions: [[within(restrictedRegion, vouched)]] };
  const marker = { key: restrictedRegion, operator: "NotIn", values: [noRegion] };
  return {
    expressions: [
      ...(vouched.length > 0 ? [[within(restrictedRegion, vouched)]] : []),
      ...(listed.length > 0 ? [[within(topologyRegion, listed), marker]] : []),
    ],
  };
}

function within(key: string, values: readonly string[]): Spec {
  return { key, operator: "In", values: [...values] };
}

function withPin(spec: Spec, { only, expressions }: Alternatives): Spec {
  const terms = termsOf(spec);
  if (only === undefined) {
    const bare = withoutSelector(spec);
    if (isAbsent(at(spec, requiredPath))) return setTerms(bare, expressions.map(matchExpressions));
    return terms && terms.length > 0 ? setTerms(bare, spread(authorsTerms(terms), expressions)) : bare;
  }
  const selected = {
    ...spec,
    nodeSelector: { ...(own(spec, "nodeSelector") as Spec | undefined), [restrictedRegion]: only },
  };
  if (!terms || !hasOwn(terms)) return selected;
  const authors = authorsTerms(terms);
  if (!authors.some((term) => term !== undefined && !isEmptyTerm(term))) return removeRequired(selected);
  return setTerms(
    selected,
    authors.map((term) => (term === undefined ? matchExpressions(expressions[0] ?? []) : term)),
  );
}

const matchExpressions = (expressions: readonly unknown[]): Spec => ({ matchExpressions: [...expressions] });

/**
 * Terms are ORed: each of them once with each alternative, in front: behind what its author says of the topology label it
 * would look like an earlier form. Empty ones match nothing, whatever is added.
 */
function spread(authors: readonly AuthorsTerm[], expressions: readonly (readonly Spec[])[]): unknown[] {
  return expressions.flatMap((added, index) =>
    authors.flatMap((term): unknown[] => {
      if (term !== undefined && isEmptyTerm(term)) return index === 0 ? [term] : [];
      return [{ ...term, ...matchExpressions([...added, ...foreignIn(term)]) }];
    }),
  );
}

/** Each once, and without the pin. */
function authorsTerms(terms: readonly unknown[]): AuthorsTerm[] {
  const marked = (term: unknown) => expressionsOf(term).some(isMarker) && !expressionsOf(term).some(isOwnIn);
  const repeats = terms.some((term) => expressionsOf(term).some(isOwnIn));
  return terms
    .filter((term) => !(repeats && marked(term)))
    .map((term) => {
      if (isOnlyOwn(term)) return undefined;
      const rest = foreignIn(term);
      if (!isObject(term) || rest.length === expressionsOf(term).length) return term as Spec | null;
      const { matchExpressions: _, ...others } = term;
      return rest.length > 0 ? { ...others, matchExpressions: rest } : others;
    });
}

function hasOwn(terms: readonly unknown[]): boolean {
  return terms.some((term) => foreignIn(term).length < expressionsOf(term).length);
}

function termsOf(spec: Spec): readonly unknown[] | undefined {
  const terms = at(spec, termsPath);
  return Array.isArray(terms) ? terms : undefined;
}

function withoutSelector(spec: Spec): Spec {
  const selector = own(spec, "nodeSelector");
  if (!isObject(selector) || own(selector, restrictedRegion) === undefined) return spec;
  const { [restrictedRegion]: _, ...rest } = selector;
  const { nodeSelector: __, ...bare } = spec;
  return Object.keys(rest).length > 0 ? { ...bare, nodeSelector: rest } : bare;
}

function setTerms(spec: Spec, nodeSelectorTerms: readonly unknown[]): Spec {
  return change(spec, requiredPath, (required) => ({ ...required, nodeSelectorTerms }));
}

/** And what held nothing else. */
function removeRequired(spec: Spec): Spec {
  const remove = (object: Spec, [step = "", ...rest]: readonly string[]): Spec => {
    const { [step]: inner, ...others } = object;
    const left = rest.length > 0 && isObject(inner) ? remove(inner, rest) : {};
    return Object.keys(left).length > 0 ? { ...others, [step]: left } : others;
  };
  return remove(spec, requiredPath);
}

/** Leaves the object alone where there is no pod spec, or what the pin goes into is not shaped as Kubernetes requires. */
function atSpec(object: KubeObject, path: readonly string[], edit: (spec: Spec) => Spec): KubeObject {
  if (path.length > 0 && !isObject(at(object, path))) return object;
  return change(object, [...path, "spec"], (spec) => (isWellFormed(spec) ? edit(spec) : spec));
}

function isWellFormed(spec: Spec): boolean {
  const isMap = (value: unknown) => isAbsent(value) || isObject(value);
  const terms = at(spec, termsPath);
  return (
    isMap(own(spec, "nodeSelector")) &&
    requiredPath.every((_, depth) => isMap(at(spec, requiredPath.slice(0, depth + 1)))) &&
    (isAbsent(terms) ||
      (Array.isArray(terms) &&
        terms.every(
          (term) =>
            isMap(term) &&
            (!isObject(term) || isAbsent(term.matchExpressions) || Array.isArray(term.matchExpressions)),
        )))
  );
}

function change(
  object: KubeObject,
  [step, ...rest]: readonly string[],
  edit: (at: KubeObject) => KubeObject,
): KubeObject {
  if (step === undefined) return edit(object);
  const next = own(object, step) ?? {};
  return isObject(next) ? { ...object, [step]: change(next, rest, edit) } : object;
}
