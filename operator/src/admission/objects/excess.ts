import { maxExpressions, maxTerms, pinnedExpressions } from "@companyos/policies";
import { expressionsOf, mentionsOurs, termsOf } from "./own-pin.ts";

/**
 * CEL over a pod spec, of the request's `object` or of what was there before: its required node affinity has more terms or expressions than are read. Only sizes
 * of at most so many lists are looked at before that is known, because what CEL does with each of n items costs n². A match
 * condition can use it: it reads neither variables nor the namespace.
 * @param podSpec CEL of the pod spec
 */
export function tooManyTerms(podSpec: string): string {
  const terms = termsOf(podSpec);
  const stated = `${terms}.map(t, size(${expressionsOf("t")})).sum()`;
  const most = `${maxExpressions} + ${pinnedExpressions} * size(${terms})`;
  const pinned = `${terms}.exists(t, ${mentionsOurs("t")})`;
  // Most have no affinity, and pay for no more than seeing that.
  return `(${podSpec}.?affinity.hasValue() && (size(${terms}) > ${maxTerms} || ${stated} > ${most} || (${stated} > ${maxExpressions} && !${pinned})))`;
}

/** What whoever asks for too much is told. */
export const tooManyTermsMessage = `required node affinity has more than ${maxTerms} terms, or more than ${maxExpressions} expressions in them together: TOO_MANY_TERMS`;
