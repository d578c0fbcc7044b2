/**
 * How much required node affinity is read: the same in the API server (the policies `companyos-pin` and
 * `companyos-pinned` are made with these) and here. Whatever CEL does with each of n things costs n² there: without a
 * limit, one pod whose only term has 30,000 expressions took 11 s of the API server's CPU; at the limit it is 40 ms.
 * Real pods have a handful of either.
 */
import { expressionsOf, foreignIn } from "./own-pin.ts";
import { at } from "./shape.ts";

/** Terms in a pod spec's required node affinity. */
export const maxTerms = 100;
/** `matchExpressions` in all of these terms together, beside those of the pin. */
export const maxExpressions = 1_000;
/** What the pin has in a term, of any release. More than these beside the others are counted as the others are. */
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
  /** Those that are not the pin's. */
  readonly authors: number;
}

/** Of a pod spec, which may be malformed. */
export function sizesOf(spec: unknown): Sizes {
  const terms = at(spec, termsPath);
  if (!Array.isArray(terms)) return { terms: 0, expressions: 0, authors: 0 };
  const sum = (sizes: number[]) => sizes.reduce((all, size) => all + size, 0);
  return {
    terms: terms.length,
    expressions: sum(terms.map((term) => expressionsOf(term).length)),
    authors: sum(terms.map((term) => foreignIn(term).length)),
  };
}

/** What is too much, as the end of a sentence; undefined when nothing is. */
export function excess({ terms, expressions, authors }: Sizes): string | undefined {
  if (terms > maxTerms) return `has ${terms} terms, more than ${maxTerms}`;
  return authors > maxExpressions || expressions > maxExpressions + pinnedExpressions * terms
    ? `has more than ${maxExpressions} expressions in its terms`
    : undefined;
}
