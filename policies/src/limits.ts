/**
 * How much required node affinity is read: the same in the API server (the policies `companyos-pin` and
 * `companyos-pinned` are made with these) and here. Whatever CEL does with each of n things costs n² there: without a
 * limit, one pod whose only term has 30,000 expressions took 11 s of the API server's CPU; at the limit it is 40 ms.
 * Real pods have a handful of either.
 */
import { pinLabels } from "@companyos/crds";
import { at, isObject, own } from "./shape.ts";

/** Terms in a pod spec's required node affinity. */
export const maxTerms = 100;
/** `matchExpressions` in all of these terms together, beside those that the pin adds to each. */
export const maxExpressions = 1_000;
export const pinnedExpressions = pinLabels.length;

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
}

/** Of a pod spec, which may be malformed. */
export function sizesOf(spec: unknown): Sizes {
  const terms = at(spec, termsPath);
  const sizes = { terms: Array.isArray(terms) ? terms.length : 0, expressions: 0 };
  for (const term of Array.isArray(terms) ? terms : []) {
    const stated = isObject(term) ? own(term, "matchExpressions") : undefined;
    if (Array.isArray(stated)) sizes.expressions += stated.length;
  }
  return sizes;
}

/** What is too much, as the end of a sentence; undefined when nothing is. */
export function excess({ terms, expressions }: Sizes): string | undefined {
  if (terms > maxTerms) return `has ${terms} terms, more than ${maxTerms}`;
  return expressions > maxExpressions + pinnedExpressions * terms
    ? `has more than ${maxExpressions} expressions in its terms`
    : undefined;
}
