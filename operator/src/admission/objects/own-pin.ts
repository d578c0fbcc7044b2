/** CEL for what in a pod spec is the pin's own: policies/src/own-pin.ts says what that is. `t` is a term, `e` an expression. */
import { noRegion, restrictedRegion, topologyRegion } from "@companyos/crds";
import { termsPath } from "@companyos/policies";

/** No pin lists more regions; longer lists are not gone through. */
export const maxRegions = 100;

/** The terms of a pod spec's required node affinity; none when there is none, or when it is null. */
export function termsOf(podSpec: string): string {
  const terms = `${podSpec}.?${termsPath.join(".?")}`;
  return `(${terms}.orValue(null) == null ? [] : ${terms}.orValue([]))`;
}

export const expressionsOf = (t: string): string => `${t}.?matchExpressions.orValue([])`;
export const fieldsOf = (t: string): string => `${t}.?matchFields.orValue([])`;
export const valuesOf = (e: string): string => `${e}.?values.orValue([])`;

export const isOwnIn = (e: string): string => `(${e}.key == '${restrictedRegion}' && ${e}.operator == 'In')`;
export const isMarker = (e: string): string =>
  `(${e}.key == '${restrictedRegion}' && ${e}.operator == 'NotIn' && ${valuesOf(e)} == ['${noRegion}'])`;

/** An empty term matches no node. */
export const isEmptyTerm = (t: string): string =>
  `(size(${expressionsOf(t)}) == 0 && size(${fieldsOf(t)}) == 0)`;

/** Our label stands in a term. Without it nothing in the term is the pin's. */
export const mentionsOurs = (t: string): string =>
  `${expressionsOf(t)}.exists(e, e.key == '${restrictedRegion}')`;

/** `e` at `i` is an `In` on the topology label, and what follows satisfies `next`, a CEL condition on `n`. */
const before = (t: string, next: string): string =>
  `(e.key == '${topologyRegion}' && e.operator == 'In' && i + 1 < size(${expressionsOf(t)}) && [${expressionsOf(t)}[i + 1]].exists(n, ${next}))`;

/** Where in a term the pin's expressions are. */
export function ownIndices(t: string): string {
  const next = `${isMarker("n")} || (${isOwnIn("n")} && ${valuesOf("n")} == ${valuesOf("e")})`;
  return `${expressionsOf(t)}.transformList(i, e, ${isOwnIn("e")} || ${isMarker("e")} || ${before(t, next)}, i)`;
}

/** A term goes by the topology label, and by that alone. */
export function markedTerm(t: string): string {
  return `(${expressionsOf(t)}.exists(e, ${isMarker("e")}) && !${expressionsOf(t)}.exists(e, ${isOwnIn("e")}))`;
}

/**
 * Every region of one of a pin's expressions is in `list`. A marker has none. A macro would evaluate an expression for each, and a
 * pod may have a thousand such lists.
 */
export function everyRegionOf(e: string, list: string): string {
  return `(${e}.operator == 'NotIn' || (size(${valuesOf(e)}) <= ${maxRegions} && sets.contains(${list}, ${valuesOf(e)})))`;
}

/** A pod spec selects by our label: what most pods do, and the least to look at. */
export const selectsOurs = (podSpec: string): string =>
  `${podSpec}.?nodeSelector[?'${restrictedRegion}'].hasValue()`;

/** Every term of a pod spec that could match says the pin, whatever regions it names. */
export function saysPinInTerms(podSpec: string): string {
  return everyTermSays(
    podSpec,
    `(${mentionsOurs("t")} && ${expressionsOf("t")}.exists(i, e, ${isOwnIn("e")} || ${before("t", isMarker("n"))}))`,
  );
}

/** The same, and each of them by our label, which no kubelet can write. */
export function saysPinByWord(podSpec: string): string {
  return everyTermSays(podSpec, `${expressionsOf("t")}.exists(e, ${isOwnIn("e")})`);
}

function everyTermSays(podSpec: string, inTerm: string): string {
  const terms = termsOf(podSpec);
  return `(${terms}.exists(t, ${inTerm}) && ${terms}.all(t, ${isEmptyTerm("t")} || ${inTerm}))`;
}

/**
 * Our label names nothing outside of `list`.
 * @param selected CEL of the region that `nodeSelector` says by it, empty where it says none
 * @param terms CEL of a list that is no longer than the limit
 */
export function namesOnly(selected: string, terms: string, list: string): string {
  return `(${selected} == '' || ${selected} in ${list}) && ${terms}.all(t, !${mentionsOurs("t")} || ${ownIndices("t")}.all(j, [${expressionsOf("t")}[j]].all(x, ${everyRegionOf("x", list)})))`;
}

/**
 * A pod spec says the pin, and by it nothing outside of `list`, as far as can be told without the namespace: what
 * `companyos-pinned` refuses there does not.
 */
export function pinnedWithin(podSpec: string, list: string): string {
  const terms = termsOf(podSpec);
  const selected = `${podSpec}.?nodeSelector[?'${restrictedRegion}'].orValue('')`;
  const said = everyTermSays(podSpec, mentionsOurs("t"));
  // Most pods have the selector alone.
  return `(${podSpec}.?affinity.hasValue() ? (${selected} != '' || ${said}) && ${namesOnly(selected, terms, list)} : ${selected} in ${list})`;
}
