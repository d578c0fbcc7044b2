/**
 * How much required node affinity is read: the same in the API server (the policies `companyos-pin` and
 * `companyos-pinned` are made with these) and here. Whatever CEL does with each of n things costs n² there: without a
 * limit, one pod whose only term has 30,000 expressions took 11 s of the API server's CPU; at the limit it is 40 ms.
 * Real pods have a handful of either.
 */
import { restrictedRegion } from "@companyos/crds";
import { expressionsOf } from "./own-pin.ts";
import { at, isObject } from "./shape.ts";

/** Terms in a pod spec's required node affinity. */
export const maxTerms = 100;
/** `matchExpressions` in all of these terms together, beside those of the pin. */
export const maxExpressions = 1_000;
/** What the pin has in a term, of any release. Terms that do not mention our label have no room for it. */
export const pinnedExpressions = 2;

/** Where a pod spec has its terms. */
export const termsPath = [
  "affinity",
  "nodeAffinity",
  "requiredDuringSchedulingIgnoredDuringExecution",
  "nodeSelectorTerms",
] as const;

export interface Sizes {
  readonly terms: number;
  readonly expressions: number;
  /** Our label stands in some term, so that the pin may be among the expressions. */
  readonly mentions: boolean;
}

/** Of a pod spec, which may be malformed. */
export function sizesOf(spec: unknown): Sizes {
  const terms = at(spec, termsPath);
  if (!Array.isArray(terms)) return { terms: 0, expressions: 0, mentions: false };
  const isOurs = (expression: unknown) => isObject(expression) && expression.key === restrictedRegion;
  return {
    terms: terms.length,
    expressions: terms.reduce((sum: number, term) => sum + expressionsOf(term).length, 0),
    mentions: terms.some((term) => expressionsOf(term).some(isOurs)),
  };
}

/** What is too much, as the end of a sentence; undefined when nothing is. */
export function excess({ terms, expressions, mentions }: Sizes): string | undefined {
  if (terms > maxTerms) return `has ${terms} terms, more than ${maxTerms}`;
  return expressions > maxExpressions + (mentions ? pinnedExpressions * terms : 0)
    ? `has more than ${maxExpressions} expressions in its terms`
    : undefined;
}
