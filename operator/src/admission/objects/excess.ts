import { maxExpressions, maxTerms, pinnedExpressions, termsPath } from "@companyos/policies";

/** CEL: the terms of a pod spec's required node affinity, none when there is none. */
export function termsOf(podSpec: string): string {
  return `${podSpec}.?${termsPath.join(".?")}.orValue([])`;
}

/**
 * CEL over the request's `object`: its required node affinity has more terms or expressions than are read. Only sizes
 * of at most so many lists are looked at, because what CEL does with each of n items costs n². A match condition can
 * use it: it reads neither variables nor the namespace.
 * @param podSpec CEL of the pod spec
 */
export function tooManyTerms(podSpec: string): string {
  const terms = termsOf(podSpec);
  const expressions = `${terms}.map(t, size(t.?matchExpressions.orValue([]))).sum()`;
  const max = `${maxExpressions} + ${pinnedExpressions} * size(${terms})`;
  return `(size(${terms}) > ${maxTerms} || ${expressions} > ${max})`;
}

/** What whoever asks for too much is told. */
export const tooManyTermsMessage = `required node affinity has more than ${maxTerms} terms, or more than ${maxExpressions} expressions in them together: TOO_MANY_TERMS`;
