/**
 * The pin in CEL: policies/src/pin.ts is the same in TypeScript. Optionals are chained from where they are used: held in a
 * variable, an optional evaluates to none. Variables are evaluated when they are first used.
 */
import { annotations, noRegion, restrictedRegion, topologyRegion } from "@companyos/crds";
import { maxTerms, pinnedExpressions, termsPath } from "@companyos/policies";
import { tooManyTerms } from "./excess.ts";
import {
  everyRegionOf,
  expressionsOf,
  fieldsOf,
  isEmptyTerm,
  isOwnIn,
  markedTerm,
  maxRegions,
  mentionsOurs,
  ownIndices,
  saysPinInTerms,
  termsOf,
  valuesOf,
} from "./own-pin.ts";

export interface Variable {
  readonly name: string;
  readonly expression: string;
}

const inNamespace = (annotation: string) =>
  `namespaceObject.metadata.?annotations[?'${annotation}'].orValue('')`;

/** The namespace's annotation is the authority: its regions, or the one value that matches no node. */
export const pinVariables: readonly Variable[] = [
  { name: "authority", expression: inNamespace(annotations.allowedRegions) },
  {
    name: "allowed",
    expression: `variables.authority == '' ? ['${noRegion}'] : variables.authority.split(',')`,
  },
];

const [, nodeAffinity, required, list] = termsPath;
const pointer = (label: string) => label.replaceAll("~", "~0").replaceAll("/", "~1");
const ourLabel = `variables.spec.?nodeSelector[?'${restrictedRegion}']`;
/** Larger maps are not compared key by key. */
const maxKeys = 100;

/**
 * What is read of a spec, under the names `terms`, `mentions`, … or `oldTerms`, `oldMentions`, …
 * @param terms CEL of a list that is no longer than the limit
 */
function termVariables(terms: string, name: (of: string) => string): Variable[] {
  const the = (of: string) => `variables.${name(of)}`;
  return [
    { name: name("terms"), expression: terms },
    // Without our label in some term nothing in any of them is the pin's, and they are not gone through again.
    { name: name("mentions"), expression: `${the("terms")}.exists(t, ${mentionsOurs("t")})` },
    {
      name: name("parts"),
      expression: `${the("terms")}.map(t, ${the("mentions")} ? {'term': dyn(t), 'own': dyn(${ownIndices("t")}), 'marked': dyn(${markedTerm("t")})} : {'term': dyn(t), 'own': dyn([]), 'marked': dyn(false)})`,
    },
    {
      name: name("repeats"),
      expression: `${the("mentions")} && ${the("terms")}.exists(t, ${expressionsOf("t")}.exists(e, ${isOwnIn("e")}))`,
    },
    // Each of the author's terms once.
    { name: name("authors"), expression: `${the("parts")}.filter(a, !(${the("repeats")} && a.marked))` },
    { name: name("hasOwn"), expression: `${the("parts")}.exists(a, size(a.own) > 0)` },
    // Something in the terms is their author's.
    {
      name: name("said"),
      expression: `${the("authors")}.exists(a, !${isOnlyOwn} && !${isEmptyTerm("a.term")})`,
    },
  ];
}

/** Nothing in the term `a` is its author's. */
const isOnlyOwn = `(size(a.own) > 0 && size(a.own) == size(${expressionsOf("a.term")}) && size(${fieldsOf("a.term")}) == 0)`;

const asIs = (of: string) => of;
const before = (of: string) => `old${of[0]!.toUpperCase()}${of.slice(1)}`;

/** What the template would be without the pin, to be compared. */
const written = (name: (of: string) => string) =>
  `(variables.${name("hasOwn")} && !variables.${name("said")} ? [] : variables.${name("authors")}.map(a, {'fields': dyn(${fieldsOf("a.term")}), 'expressions': dyn(${expressionsOf("a.term")}.transformList(i, e, !(i in a.own), e))}))`;
const without = (map: string, ...keys: string[]) =>
  `${map}.transformMap(k, v, !(k in [${keys.map((key) => `'${key}'`).join(", ")}]), v)`;
const selectorOf = (spec: string) => `${spec}.?nodeSelector.orValue({})`;
const affinityOf = (spec: string) => `${spec}.?affinity.orValue({})`;
const nodeAffinityOf = (spec: string) => `${spec}.?affinity.?${nodeAffinity}.orValue({})`;

/** The old template and the new one differ in nothing but the pin, which the old one had and the new one has not. */
const merelyDropped = [
  "!variables.oldTooMany",
  `!variables.hasOwn && !${ourLabel}.hasValue()`,
  `(variables.oldHasOwn || variables.oldSpec.?nodeSelector[?'${restrictedRegion}'].hasValue())`,
  "variables.template.?metadata.orValue({}) == variables.oldTemplate.?metadata.orValue({})",
  `${without("variables.spec", "nodeSelector", "affinity")} == ${without("variables.oldSpec", "nodeSelector", "affinity")}`,
  `size(${selectorOf("variables.spec")}) <= ${maxKeys} && size(${selectorOf("variables.oldSpec")}) <= ${maxKeys}`,
  `${without(selectorOf("variables.spec"), restrictedRegion)} == ${without(selectorOf("variables.oldSpec"), restrictedRegion)}`,
  `${without(affinityOf("variables.spec"), nodeAffinity)} == ${without(affinityOf("variables.oldSpec"), nodeAffinity)}`,
  `${without(nodeAffinityOf("variables.spec"), required)} == ${without(nodeAffinityOf("variables.oldSpec"), required)}`,
  `variables.oldParts.all(a, size(a.own) <= ${pinnedExpressions} && a.own.all(j, size(${valuesOf(`${expressionsOf("a.term")}[j]`)}) <= ${maxRegions}))`,
  `size(variables.oldMarked) in [0, size(variables.oldMatching)]`,
  `${written(asIs)} == ${written(before)}`,
].join(" && ");

const within = (key: string, values: string) =>
  `{'key': dyn('${key}'), 'operator': dyn('In'), 'values': dyn(${values})}`;
const marker = `{'key': dyn('${restrictedRegion}'), 'operator': dyn('NotIn'), 'values': dyn(['${noRegion}'])}`;
const byWord = `[${within(restrictedRegion, "variables.vouched")}]`;
const byTopology = `[${within(topologyRegion, "variables.listed")}, ${marker}]`;

/**
 * What both mutations are made of, beside `template` (where the pod's spec is) and `root` (a JSON pointer to that spec).
 * `known`: CEL of the regions of a pin that may be replaced; a pin to any other is left to be refused.
 */
function specVariables(known: string): Variable[] {
  return [
    ...pinVariables,
    { name: "topologyPinned", expression: `${inNamespace(annotations.topologyPinned)}.split(',')` },
    { name: "former", expression: `${inNamespace(annotations.formerRegions)}.split(',')` },
    { name: "listed", expression: "variables.allowed.filter(r, r in variables.topologyPinned)" },
    { name: "vouched", expression: "variables.allowed.filter(r, !(r in variables.topologyPinned))" },
    { name: "single", expression: "size(variables.allowed) == 1 && size(variables.listed) == 0" },
    { name: "spec", expression: "variables.template.spec" },
    ...termVariables(termsOf("variables.spec"), asIs),
    {
      name: "required",
      expression: `variables.spec.?${termsPath.slice(0, -1).join(".?")}.hasValue()`,
    },
    { name: "known", expression: known },
    { name: "foreign", expression: `!${everyRegion("variables.known")}` },
    {
      name: "made",
      expression: `(size(variables.vouched) == 0 ? [] : [{'matchExpressions': dyn(${byWord})}]) + (size(variables.listed) == 0 ? [] : [{'matchExpressions': dyn(${byTopology})}])`,
    },
    matching(asIs),
  ];
}

/** Indices of the author's terms that match something. */
function matching(name: (of: string) => string): Variable {
  return {
    name: name("matching"),
    expression: `variables.${name("authors")}.transformList(i, a, !${isEmptyTerm("a.term")}, i)`,
  };
}

/** What the old object had: they need `oldTemplate`, empty where there is none. */
const oldVariables: readonly Variable[] = [
  { name: "oldSpec", expression: "variables.oldTemplate.?spec.orValue({})" },
  // It is as large as whoever stored it chose, under whatever rules there were: never gone through without a limit.
  { name: "oldTooMany", expression: tooManyTerms("variables.oldSpec") },
  ...termVariables(`variables.oldTooMany ? [] : ${termsOf("variables.oldSpec")}`, before),
  matching(before),
  // The pin of before is the same in each term: the first that has one tells.
  { name: "oldPinned", expression: "variables.oldParts.filter(a, size(a.own) > 0)" },
  {
    name: "oldMarked",
    expression: "!variables.oldRepeats ? [] : variables.oldParts.filter(a, a.marked)",
  },
  {
    name: "oldLists",
    expression: [
      `(variables.oldSpec.?nodeSelector[?'${restrictedRegion}'].hasValue() ? [[variables.oldSpec.nodeSelector['${restrictedRegion}']]] : [])`,
      `+ (size(variables.oldPinned) == 0 ? [] : variables.oldPinned[0].own.transformList(n, j, n < 8, ${valuesOf(`${expressionsOf("variables.oldPinned[0].term")}[j]`)})).filter(o, size(o) <= ${maxRegions})`,
    ].join(" "),
  },
  {
    name: "oldRegions",
    expression: "variables.oldLists.flatten().distinct()",
  },
];

function everyRegion(list: string): string {
  const selected = `variables.spec.nodeSelector['${restrictedRegion}'] in ${list}`;
  return `((!${ourLabel}.hasValue() || ${selected}) && (!variables.mentions || variables.parts.all(a, a.own.all(j, [${expressionsOf("a.term")}[j]].all(e, ${everyRegionOf("e", list)})))))`;
}

/**
 * A patch below the pod spec. Values of the request's own objects cannot be written by a patch (they are Go's, and do not
 * turn into JSON), and need not: what is its author's stays where it is.
 */
const patch = (op: string, path: string, rest = "") =>
  `JSONPatch{op: '${op}', path: variables.root + ${path}${rest === "" ? "" : `, ${rest}`}}`;
const requiredPath = `/${termsPath.slice(0, -1).join("/")}`;
const termPath = (index: string) => `'${requiredPath}/${list}/' + string(${index})`;
const selectorPath = `'/nodeSelector/${pointer(restrictedRegion)}'`;

const select = (region: string) =>
  `[has(variables.spec.nodeSelector) ? ${patch("add", selectorPath, `value: ${region}`)} : ${patch("add", "'/nodeSelector'", `value: {'${restrictedRegion}': ${region}}`)}]`;

/** Repeats go whole, then the pin's expressions from what is left: earlier ones first, so that later ones move up. */
const strip = `(!variables.hasOwn ? [] :
(!variables.repeats ? [] : variables.parts.transformList(i, a, a.marked, i).transformList(k, i, ${patch("remove", termPath("i - k"))})) +
variables.authors.transformList(i, a, a.own.transformList(k, j, ${patch("remove", `${termPath("i")} + '/matchExpressions/' + string(j - k)`)})).flatten())`;

/** Puts expressions at the head of the term at `index`, of which `term` is what stood there. */
const putIn = (index: string, term: string, expressions: string) =>
  `(size(${expressionsOf(term)}) == 0 ? [${patch("add", `${termPath(index)} + '/matchExpressions'`, `value: ${expressions}`)}] :
${expressions}.transformList(n, e, ${patch("add", `${termPath(index)} + '/matchExpressions/' + string(n)`, "value: e")}))`;

/** Each of the author's terms once more, behind them. */
const repeat = (indices: string) =>
  `${indices}.map(i, ${patch("copy", `'${requiredPath}/${list}/-'`, `from: variables.root + ${termPath("i")}`)})`;

const everyTerm = (expressions: string, offset?: string) =>
  `variables.matching.transformList(k, i, ${putIn(offset === undefined ? "i" : `${offset} + k`, "variables.authors[i].term", expressions)}).flatten()`;

/** One region: equality. What the terms had of the pin goes, and what then holds nothing. */
const toOne = `${select("variables.allowed[0]")} +
(!variables.hasOwn ? [] : variables.said ? ${strip} +
variables.authors.transformList(i, a, ${isOnlyOwn}, ${putIn("i", "a.term", byWord)}).flatten() :
size(variables.spec.affinity.${nodeAffinity}) > 1 ? [${patch("remove", `'${requiredPath}'`)}] :
size(variables.spec.affinity) > 1 ? [${patch("remove", `'/affinity/${nodeAffinity}'`)}] : [${patch("remove", "'/affinity'")}])`;

const makeRequired = (
  terms: string,
) => `(has(variables.spec.affinity) ? [] : [${patch("add", "'/affinity'", "value: {}")}]) +
(variables.spec.?affinity.?${nodeAffinity}.hasValue() ? [] : [${patch("add", `'/affinity/${nodeAffinity}'`, "value: {}")}]) +
[${patch("add", `'${requiredPath}'`, `value: {'${list}': ${terms}}`)}]`;

/** Several: a term is made where there is no list. An empty list is left for the API server to refuse. */
const toSeveral = `(${ourLabel}.hasValue() ? [${patch("remove", selectorPath)}] : []) +
(!variables.required ? ${makeRequired("variables.made")} : size(variables.terms) == 0 ? [] : ${strip} +
(size(variables.vouched) == 0 ? ${everyTerm(byTopology)} :
size(variables.listed) == 0 ? ${everyTerm(byWord)} :
${repeat("variables.matching")} + ${everyTerm(byWord)} + ${everyTerm(byTopology, "size(variables.authors)")}))`;

const copied =
  "{'key': dyn(e.key), 'operator': dyn(e.operator), 'values': dyn(e.?values.orValue([]).map(v, v))}";
const ownExpressions = `a.own.map(j, ${expressionsOf("a.term")}[j]).map(e, ${copied})`;
/** The pin of an old term `a`, each expression where it stood, into the new one at `index`. */
const giveBack = (index: string, term: string) =>
  `(size(${expressionsOf(term)}) == 0 ? (size(a.own) == 0 ? [] : [${patch("add", `${termPath(index)} + '/matchExpressions'`, `value: ${ownExpressions}`)}]) :
a.own.map(j, ${patch("add", `${termPath(index)} + '/matchExpressions/' + string(j)`, `value: [${expressionsOf("a.term")}[j]].map(e, ${copied})[0]`)}))`;

/** As it was: no rollout. */
const putBack = `(variables.oldSpec.?nodeSelector[?'${restrictedRegion}'].hasValue() ? ${select(`variables.oldSpec.nodeSelector['${restrictedRegion}']`)} : []) +
(!variables.oldHasOwn ? [] : !variables.required ? ${makeRequired(`variables.oldParts.map(a, size(a.own) == 0 ? {} : {'matchExpressions': dyn(${ownExpressions})})`)} :
(size(variables.oldMarked) > 0 ? ${repeat("variables.oldMatching")} : []) +
variables.oldAuthors.transformList(i, a, ${giveBack("i", "variables.authors[i].term")}).flatten() +
variables.oldMarked.transformList(k, a, ${giveBack("size(variables.authors) + k", "variables.authors[variables.oldMatching[k]].term")}).flatten())`;

/** How many terms there would be. */
const pinnedTerms =
  "(variables.single || size(variables.vouched) == 0 || size(variables.listed) == 0 ? 0 : size(variables.authors) + size(variables.matching))";

const pin = `(${pinnedTerms} > ${maxTerms} ? [] : variables.single ? ${toOne} : ${toSeveral})`;

/** CEL: an update asks for the pin anew. One that loses the annotation, as `kubectl replace` does, asks for nothing. */
export const touched = `(!(${touchOf("object")} in ['', ${touchOf("oldObject")}]))`;

function touchOf(object: string): string {
  return `${object}.metadata.?annotations[?'${annotations.repin}'].orValue('')`;
}

/** What was pinned while no region was allowed leads nowhere: nobody asked for that. */
const ours = `variables.allowed + variables.former + ['${noRegion}']`;

/**
 * A pod is left as it is when every term says the pin, and those that say it by the topology label name only regions that go
 * by it: anybody can write the marker, and a node may lie about the label beside it.
 */
const podKeeps = `request.kind.kind == 'Pod' && !${ourLabel}.hasValue() && ${saysPinInTerms("variables.spec")} && variables.parts.all(a, !a.marked || a.own.all(j, [${expressionsOf("a.term")}[j]].all(e, ${everyRegionOf("e", "variables.listed")})))`;

/**
 * For what is created, changed or touched. Regions that it had already, or that were the tenant's once, are stale and
 * replaced; any other is left to be refused. A touch that leaves the spec as it is writes none, so whatever is there is
 * replaced. `keptOnly`: CEL, true where an update may have its pin put back and no more.
 */
export function templatePin(keptOnly: string): { variables: Variable[]; mutation: string } {
  const update = "request.operation == 'UPDATE'";
  return {
    variables: [
      ...oldVariables,
      ...specVariables(`${ours} + (size(variables.oldRegions) <= ${maxRegions} ? variables.oldRegions : [])`),
      { name: "touched", expression: `${update} && !(${keptOnly}) && ${touched}` },
      { name: "dropped", expression: `${update} && !variables.touched && ${merelyDropped}` },
      { name: "podKeeps", expression: podKeeps },
    ],
    mutation: [
      "variables.foreign && !(variables.touched && variables.spec == variables.oldSpec) ? []",
      "variables.podKeeps ? []",
      `variables.dropped ? ${putBack}`,
      `${update} && (${keptOnly}) ? []`,
      pin,
    ].join(" :\n"),
  };
}

/** For new pods that have a pin already: it is replaced where it is stale. */
export function podPin(): { variables: Variable[]; mutation: string } {
  return {
    variables: [...specVariables(ours), { name: "lawful", expression: everyRegion("variables.allowed") }],
    mutation: `variables.lawful || variables.foreign ? [] : ${pin}`,
  };
}
