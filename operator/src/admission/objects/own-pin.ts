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
const valuesOf = (e: string): string => `${e}.?values.orValue([])`;

export const isOwnIn = (e: string): string => `(${e}.key == '${restrictedRegion}' && ${e}.operator == 'In')`;
export const isMarker = (e: string): string =>
  `(${e}.key == '${restrictedRegion}' && ${e}.operator == 'NotIn' && ${valuesOf(e)} == ['${noRegion}'])`;

/** An empty term matches no node. */
export const isEmptyTerm = (t: string): string =>
  `(size(${expressionsOf(t)}) == 0 && size(${fieldsOf(t)}) == 0)`;

/** The expression `e` at `i` of a term is the pin's. */
function isOwn(t: string): string {
  const next = `${expressionsOf(t)}[i + 1]`;
  return [
    `(${isOwnIn("e")} || ${isMarker("e")} || (e.key == '${topologyRegion}' && e.operator == 'In'`,
    `&& i + 1 < size(${expressionsOf(t)})`,
    `&& (${isMarker(next)} || (${isOwnIn(next)} && ${valuesOf(next)} == ${valuesOf("e")}))))`,
  ].join(" ");
}

/** A term's expressions without the pin's. */
export function foreignIn(t: string): string {
  return `${expressionsOf(t)}.transformList(i, e, !${isOwn(t)}, e)`;
}

/** Where in a term the pin's expressions are. */
export function ownIndices(t: string): string {
  return `${expressionsOf(t)}.transformList(i, e, ${isOwn(t)}, i)`;
}

/** A term goes by the topology label, and by that alone. */
export function markedTerm(t: string): string {
  return `(${expressionsOf(t)}.exists(e, ${isMarker("e")}) && !${expressionsOf(t)}.exists(e, ${isOwnIn("e")}))`;
}

/** Lists of regions that a term's pin names. */
export function ownLists(t: string): string {
  return `${expressionsOf(t)}.transformList(i, e, ${isOwn(t)} && !${isMarker("e")}, ${valuesOf("e")})`;
}

/** Every region that a term's pin names satisfies `holds`, a CEL condition on `v`. */
export function everyOwnRegion(t: string, holds: string): string {
  return `${ownLists(t)}.all(l, size(l) <= ${maxRegions} && l.all(v, ${holds}))`;
}

/** A pod spec says the pin, whatever regions it names: by our label, or in every term that could match. */
export function saysPin(podSpec: string): string {
  const terms = termsOf(podSpec);
  const inTerm = `(${expressionsOf("t")}.exists(e, e.key == '${restrictedRegion}') && size(${ownLists("t")}) > 0)`;
  return [
    `${podSpec}.?nodeSelector[?'${restrictedRegion}'].hasValue()`,
    `(${terms}.exists(t, ${inTerm}) && ${terms}.all(t, ${isEmptyTerm("t")} || ${inTerm}))`,
  ].join(" || ");
}
